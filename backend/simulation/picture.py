"""Cost against shortage as an SVG: a point a policy, the sweeps as lines, the oracle as the edge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from backend.simulation.schemas import Outcome

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 66, 24, 18, 52
LEAST = 0.5  # minutes; what is never short is drawn below it
STYLE = """
.axis{stroke:currentColor;stroke-width:1;opacity:.5}.grid{stroke:currentColor;stroke-width:1;opacity:.12}
text{font:12px system-ui,sans-serif;fill:currentColor}.tick{opacity:.75}.line{fill:none;stroke-width:1.5}
.edge{fill:none;stroke:currentColor;stroke-dasharray:4 4;opacity:.6}
.forecast{fill:#1668c7;stroke:#1668c7}.reactive{fill:#c2500a;stroke:#c2500a}.fixed{fill:#6b7280;stroke:#6b7280}
.scheduled{fill:#7a3fb5;stroke:#7a3fb5}.oracle{fill:currentColor;stroke:currentColor}
.ours{stroke-width:3;fill-opacity:.25}.line.forecast,.line.reactive{fill:none}
@media(prefers-color-scheme:dark){.forecast{fill:#6cb0ff;stroke:#6cb0ff}.reactive{fill:#ff9e57;stroke:#ff9e57}
.fixed{fill:#a3acb9;stroke:#a3acb9}.scheduled{fill:#c39bf0;stroke:#c39bf0}}
"""


@dataclass(frozen=True)
class _Scale:
    """Numbers to places on the picture; ticks: numbers with their places."""

    place: Callable[[float], float]
    ticks: Sequence[float]


def picture_of(outcomes: Sequence[Outcome]) -> str:
    """x: replica-hours, y: minutes short, logarithmic. The oracle's edge lies where as many requests are short."""
    if not outcomes:
        return ""
    across = _linear([each.replica_hours for each in outcomes] + [each.oracle_replica_hours for each in outcomes])
    up = _logarithmic([each.minutes_short for each in outcomes])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="Replica-hours against minutes short, a point a policy">',
        f"<style>{STYLE}</style>",
        *_axes(across, up),
        _edge(outcomes, across, up),
        *(_sweep(name, outcomes, across, up) for name in dict.fromkeys(each.sweep for each in outcomes if each.sweep)),
        *_points(outcomes, across, up),
        "</svg>",
    ]
    return "".join(parts)


def _linear(values: Sequence[float]) -> _Scale:
    low, high = min(values), max(values)
    step = _round_step((high - low or high or 1) / 5)
    low, high = step * floor(low / step), step * ceil(high / step + 1e-9)
    width = WIDTH - LEFT - RIGHT
    ticks = [low + step * number for number in range(round((high - low) / step) + 1)]
    return _Scale(lambda value: LEFT + width * (value - low) / (high - low), ticks)


def _logarithmic(values: Sequence[float]) -> _Scale:
    """Decades; nothing short lies on the axis."""
    top = max(1, ceil(log10(max(*values, 1.0) + 1e-9)))
    height, bottom = HEIGHT - TOP - BOTTOM, log10(LEAST)

    def place(value: float) -> float:
        return float(TOP + height * (top - log10(max(value, LEAST))) / (top - bottom))

    return _Scale(place, [0.0, *(10.0**decade for decade in range(top + 1))])


def _round_step(step: float) -> float:
    size: float = 10.0 ** floor(log10(step))
    return size * next(factor for factor in (1, 2, 5, 10) if factor * size >= step)


def _axes(across: _Scale, up: _Scale) -> list[str]:
    floor_y, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for value in across.ticks:
        x = across.place(value)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{floor_y}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{floor_y + 18}" text-anchor="middle">{value:,.10g}</text>')
    for value in up.ticks:
        y = up.place(value)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.10g}</text>')
    middle = (LEFT + right) / 2
    parts += [
        f'<line class="axis" x1="{LEFT}" y1="{floor_y}" x2="{right}" y2="{floor_y}"/>',
        f'<line class="axis" x1="{LEFT}" y1="{TOP}" x2="{LEFT}" y2="{floor_y}"/>',
        f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">replica-hours</text>',
        f'<text transform="translate(14 {(TOP + floor_y) / 2}) rotate(-90)" text-anchor="middle">minutes short</text>',
    ]
    return parts


def _edge(outcomes: Sequence[Outcome], across: _Scale, up: _Scale) -> str:
    """The least that would have been paid for what each left short, the demand being known."""
    places = sorted({(each.oracle_replica_hours, each.minutes_short) for each in outcomes}, key=lambda each: each[1])
    line = _joined(places, across, up)
    return f'<polyline class="edge" points="{line}"><title>the edge: demand known</title></polyline>'


def _sweep(name: str | None, outcomes: Sequence[Outcome], across: _Scale, up: _Scale) -> str:
    swept = sorted((each for each in outcomes if each.sweep == name), key=lambda each: each.replica_hours)
    places = [(each.replica_hours, each.minutes_short) for each in swept]
    return f'<polyline class="line {swept[0].kind}" points="{_joined(places, across, up)}"/>'


def _joined(places: Sequence[tuple[float, float]], across: _Scale, up: _Scale) -> str:
    return " ".join(f"{across.place(hours):.1f},{up.place(short):.1f}" for hours, short in places)


def _points(outcomes: Sequence[Outcome], across: _Scale, up: _Scale) -> list[str]:
    parts, taken = [], list[tuple[float, float]]()
    for each in outcomes:
        x, y = across.place(each.replica_hours), up.place(each.minutes_short)
        told = f"{each.label}: {each.replica_hours:,.0f} replica-hours, {each.minutes_short:,.0f} minutes short"
        ours = " ours" if each.policy == "model" else ""
        radius = 7 if ours else 4.5
        parts.append(
            f'<circle class="{each.kind}{ours}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
            f"<title>{escape(told)}</title></circle>"
        )
        if all(abs(x - left) > 110 or abs(y - above) > 13 for left, above in taken):
            end = x > WIDTH - 170
            anchor, beside = ("end", x - 9) if end else ("start", x + 9)
            label = escape(each.label)
            parts.append(f'<text x="{beside:.1f}" y="{y - 6:.1f}" text-anchor="{anchor}">{label}</text>')
            taken.append((x, y))
    return parts
