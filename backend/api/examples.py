"""Examples of the shapes in the API document, by schema. Larger shapes are shown as made of these."""

from typing import Any

from backend.sample import SAMPLE_FILENAME

EXAMPLES: dict[str, dict[str, Any]] = {
    "ChartDataPoint": {
        "timestamp": "2026-01-05T08:00:00Z",
        "actual_rps": 20.5,
        "predicted_rps_model1": 20.1,
        "predicted_rps_model2": 19.8,
        "p10": 18.6,
        "p90": 21.9,
        "anomaly": False,
    },
    "Deleted": {"filename": "shop", "points": 10_080},
    "FailingQuery": {"filename": "shop", "problem": "Prometheus at http://prometheus:9090 does not answer."},
    "GrowingWindow": {"timestamp": "2026-01-05T08:00:00Z", "rps": 20.5, "elapsed_seconds": 42.0},
    "PastForecast": {"timestamp": "2026-01-05T08:00:00Z", "mean": 20.1},
    "Replay": {
        "filename": "shop",
        "replay_filename": "replay of shop",
        "speed": 2.0,
        "position": "2026-01-04T08:00:00Z",
        "last": "2026-01-05T07:59:00Z",
    },
    "ReplayRequest": {"filename": SAMPLE_FILENAME, "speed": 2.0},
    "Score": {
        "model": "lgbm_plus",
        "horizon": 1,
        "origins": 1440,
        "mae": 0.9,
        "rmse": 1.2,
        "smape": 6.1,
        "mase": 0.8,
        "wape": 0.06,
        "bias": -0.1,
        "under_forecast": 0.47,
        "p10_coverage": 0.1,
        "p90_coverage": 0.9,
    },
    "Series": {
        "filename": "shop",
        "version": "lgbm_v1",
        "origin": "feed",
        "window_seconds": 60,
        "points": 10_080,
        "first": "2025-12-29T08:00:00Z",
        "last": "2026-01-05T07:59:00Z",
        "written_at": "2026-01-05T08:00:05Z",
        "live": True,
        "status": "live",
        "synthetic": False,
        "replay_of": None,
        "incomplete": None,
    },
    "SessionView": {"rights": ["change", "read", "write"]},
    "SignIn": {"token": "an-example-of-a-token"},
    "StaleFeed": {"filename": "shop", "newest": "2026-01-05T07:41:20Z"},
    "UploadForm": {"timezone": "Europe/Berlin"},
}
