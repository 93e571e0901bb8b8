"""`scaleops forecast`: what follows a file."""

from backend.cli.files import File, file_reader, with_read_options
from backend.cli.output import AsJson, print_results, problems_end_the_command, read_settings
from backend.cli.pipes import regular_file
from backend.ingest import ReadOptions


@with_read_options
def forecast(file: File, *, options: ReadOptions, as_json: AsJson = False) -> None:
    """Forecast from the end of a traffic file; nothing is stored."""
    from backend.models.predictor import RPSEstimator

    settings = read_settings()
    with problems_end_the_command(), regular_file(file, settings.max_upload_bytes) as file:
        estimator = RPSEstimator.load(settings.model_path)
        traffic = file_reader(settings)(file, file.name, options)
        result = estimator.forecast(traffic.frame)
    rows = [{**row, "timestamp": row["timestamp"].isoformat()} for row in result.table.to_dict("records")]
    print_results({"file": file.name, "warming_up": result.warming_up, "results": rows}, as_json)
