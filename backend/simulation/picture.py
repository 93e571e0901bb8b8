"""Cost against shortage as an SVG: a point a policy, the sweeps as lines, the oracle as the edge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from backend.simulation.policies import OURS
from backend.simulation.schemas import Outcome

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 66, 24, 18, 52
POINT, LETTER = 5, 6.6  # a point's half, and a letter's width
LEAST = 0.5  # minutes; what is never short is drawn below it
STYLE = """
.axis{stroke:currentColor;stroke-width:1;opacity:.5}.grid{stroke:currentColor;stroke-width:1;opacity:.12}
text{font:12px system-ui,sans-serif;fill:currentColor}.tick{opacity:.75}.line{fill:none;stroke-width:1.5}
.edge{fill:none;stroke:currentColor;stroke-dasharray:4 4;opacity:.6}
.forecast{fill:#1668c7;stroke:#1668c7}.reactive{fill:#c2500a;stroke:#c2500a}.fixed{fill:#6b7280;stroke:#6b7280}
.scheduled{fill:#7a3fb5;stroke:#7a3fb5}.oracle{fill:currentColor;stroke:currentColor}
.ours{stroke-width:3;fill-opacity:.25}.line.forecast,.line.reactive{fill:none}
@media screen and (prefers-color-scheme:dark){.forecast{fill:#6cb0ff;stroke:#6cb0ff}
.reactive{fill:#ff9e57;stroke:#ff9e57}
.fixed{fill:#a3acb9;stroke:#a3acb9}.scheduled{fill:#c39bf0;stroke:#c39bf0}}
"""


@dataclass(frozen=True)
class _Scale:
    """Numbers to places on the picture; ticks: numbers with their places."""

    place: Callable[[float], float]
    ticks: Sequence[float]


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def inside(self) -> bool:
        return self.left >= LEFT and self.right <= WIDTH and self.top >= 0 and self.bottom <= HEIGHT - BOTTOM

    def meets(self, other: "_Box") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


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
    """Points with their names to hover; those that have room are labelled, our policy first."""
    places = [(across.place(each.replica_hours), up.place(each.minutes_short)) for each in outcomes]
    parts = [_point(each, *place) for each, place in zip(outcomes, places, strict=True)]
    taken = [_Box(x - POINT, y - POINT, x + POINT, y + POINT) for x, y in places]
    for each, (x, y) in sorted(zip(outcomes, places, strict=True), key=lambda pair: pair[0].policy != OURS):
        wide = LETTER * len(each.label)
        spots = [
            (anchor, x + shift, y + drop, _Box(left, y + drop - 10, left + wide, y + drop + 3))
            for drop in (-7, 15, 4)
            for anchor, shift, left in (("start", 10, x + 10), ("end", -10, x - 10 - wide))
        ]
        free = (spot for spot in spots if spot[3].inside and not any(spot[3].meets(box) for box in taken))
        anchor, left, base, box = next(free, ("", 0.0, 0.0, None))
        if box is not None:
            taken.append(box)
            parts.append(f'<text x="{left:.1f}" y="{base:.1f}" text-anchor="{anchor}">{escape(each.label)}</text>')
    return parts


def _point(each: Outcome, x: float, y: float) -> str:
    told = f"{each.label}: {each.replica_hours:,.0f} replica-hours, {each.minutes_short:,.0f} minutes short"
    ours, radius = (" ours", 7) if each.policy == OURS else ("", 4.5)
    title = f"<title>{escape(told)}</title>"
    return f'<circle class="{each.kind}{ours}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">{title}</circle>'
