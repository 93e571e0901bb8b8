"""A simulation as one file of HTML without anything from elsewhere: sentence, picture, table, settings."""

from html import escape

from backend.capacity.sentences import percentile
from backend.figures import figure
from backend.simulation.conclusions import minutes
from backend.simulation.picture import picture_of
from backend.simulation.policies import OURS
from backend.simulation.schemas import Outcome, SimulationResult
from backend.simulation.table import cell, filled_columns

STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
body{color:CanvasText;background:Canvas}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}.said{font-size:1.15rem}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums;overflow-wrap:normal}
th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid color-mix(in srgb,CanvasText 15%,Canvas)}
th:first-child,td:first-child{text-align:left;white-space:nowrap}tr.model td{font-weight:600}small{opacity:.75}
.wide{overflow-x:auto}svg{width:100%;min-width:36rem;height:auto}
dl{columns:17rem;column-gap:2.5rem}dl div{display:flex;justify-content:space-between;gap:1rem;break-inside:avoid}
dd{margin:0;text-align:right}
@page{margin:14mm}
@media print{:root{color-scheme:light;font-size:12px}body{margin:0;padding:0;max-width:none;font-size:10.5px}
.wide{overflow:visible;break-inside:avoid}svg{min-width:0}table{font-size:9.5px}th,td{padding:.2rem .3rem}
dl{columns:14rem}h2{break-after:avoid}li{break-inside:avoid}}
"""
LEGEND = (
    "The line through the blue points is our plan with other quantiles, the orange one an HPA with other targets; the "
    "dashed edge is the least that would have been paid for as many requests short, had the demand been known."
)


def report_of(name: str, result: SimulationResult) -> str:
    """The page. It reads in a browser, on paper, light and dark."""
    title = f"Policies replayed on {name}"
    recommendation = f"<p>{escape(result.recommendation.sentence)}</p>" if result.recommendation else ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in result.notes)
    left_out = "".join(
        f"<li>{escape(each.policy)} was not replayed: {escape(each.reason)}.</li>" for each in result.left_out
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>'
        f"<h1>{escape(title)}</h1><p><small>{_span(result)}</small></p>"
        f'<p class="said">{escape(result.sentence)}</p>{recommendation}'
        f"{_wide('Cost against shortage', picture_of(result.policies))}<p><small>{LEGEND}</small></p>"
        f"<h2>Every policy</h2>{_wide('Every policy', _table(result))}"
        f"<h2>Worst moments of the policy</h2>{_worst(result)}"
        f"<h2>To be known</h2><ul>{notes}{left_out}</ul>"
        f"<h2>Settings</h2>{_settings(result)}</main></body></html>\n"
    )


def _wide(name: str, content: str) -> str:
    """What a narrow screen scrolls sideways, by keys too."""
    return f'<div class="wide" role="region" aria-label="{name}" tabindex="0">{content}</div>'


def _span(result: SimulationResult) -> str:
    return (
        f"{result.from_:%Y-%m-%d %H:%M} to {result.to:%Y-%m-%d %H:%M} UTC: {result.windows:,} windows of "
        f"{result.window_seconds} s with {result.requests:,.0f} requests; model {escape(result.version)}"
    )


def _table(result: SimulationResult) -> str:
    columns = [column for column in filled_columns(result) if column.short]
    head = "".join(f"<th>{escape(column.title)}</th>" for column in columns)
    rows = "".join(
        f'<tr class="{escape(outcome.policy)}"><td title="{escape(outcome.description)}">{escape(outcome.label)}</td>'
        + "".join(f'<td title="{_interval(outcome, column.name)}">{cell(outcome, column)}</td>' for column in columns)
        + "</tr>"
        for outcome in result.policies
    )
    return f"<table><thead><tr><th>policy</th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _interval(outcome: Outcome, name: str) -> str:
    if name not in outcome.intervals:
        return ""
    low, high = outcome.intervals[name]
    return f"{figure(low)} to {figure(high)} in nine of ten resamples of the days"


def _worst(result: SimulationResult) -> str:
    ours = next((outcome for outcome in result.policies if outcome.policy == OURS), None)
    if ours is None or not ours.worst:
        return "<p>None was short.</p>" if ours else "<p>The policy itself was not replayed.</p>"
    items = "".join(
        f"<li>{each.start:%Y-%m-%d %H:%M} UTC, {minutes((each.end - each.start).total_seconds() / 60)}: "
        f"{each.requests_short:,.0f} requests beyond capacity; {each.needed} replicas were needed and "
        f"{figure(each.replicas)} served.</li>"
        for each in ours.worst
    )
    return f"<ol>{items}</ol>"


def _settings(result: SimulationResult) -> str:
    policy = result.policy.model_dump(mode="json", exclude_none=True)
    settings = result.settings.model_dump(mode="json", exclude_none=True)
    rows = {"quantile planned for": percentile(result.policy.level)} | policy | settings
    listed = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>"
        for name, value in rows.items()
        if value not in ([], "")
    )
    return f"<dl>{listed}</dl>"
