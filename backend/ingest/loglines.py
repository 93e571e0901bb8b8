"""What the lines of a log look like: in which form and where their time stands, and which lines are requests."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from backend.ingest.time_forms import FORMS, NAMED_ZONE, ZONE_HOURS, TimeForm

MIN_SHARE = 0.2  # of the lines must have a time for them to be a log's
MARKED_SHARE = 0.05  # of the lines must be marked as requests for the others to be none
_CLOCK = r"\d{2}:\d{2}:\d{2}"
_FRACTION = r"(?:[.,]\d{1,9})?"
_HALF = r"(?: ?[AaPp][Mm]\b)?"
_ZONE = rf"(?: ?(?:{'|'.join(ZONE_HOURS)}|[+-]\d{{2}}:?\d{{2}}|{NAMED_ZONE})\b)?"
_WORD = r"[A-Za-z]{3}"


@dataclass(frozen=True)
class LogTime:
    """A form of time in the middle of a line. `form` None: seconds or milliseconds since 1970."""

    pattern: str  # with the group `t`
    form: TimeForm | None


def _form(name: str) -> TimeForm:
    return next(form for form in FORMS if form.name.startswith(name))


# In the order in which they are taken where lines have several: those of requests before those of what wrote the line.
LOG_TIMES: tuple[LogTime, ...] = (
    LogTime(rf"\[(?P<t>\d{{1,2}}/{_WORD}/\d{{4}}:{_CLOCK}{_FRACTION}{_ZONE})\]", _form("log")),
    LogTime(rf"(?P<t>\d{{1,2}}/{_WORD}/\d{{4}}[: ]{_CLOCK}{_FRACTION}{_ZONE})", _form("log")),
    LogTime(rf"(?P<t>\d{{4}}[-/.]\d{{2}}[-/.]\d{{2}}(?:[T _\t]| - ){_CLOCK}{_FRACTION}{_HALF}{_ZONE})", _form("ymd")),
    LogTime(rf"(?P<t>{_WORD} {_WORD} [ \d]\d {_CLOCK}{_FRACTION}(?: [A-Z]{{3,4}})? \d{{4}})", _form("ctime")),
    LogTime(
        rf"(?P<t>(?:{_WORD}, )?\d{{1,2}}[ -]{_WORD}[ -]\d{{4}} {_CLOCK}{_FRACTION}{_ZONE})", _form("day month year")
    ),
    LogTime(rf"(?P<t>{_WORD} [ \d]\d,? \d{{4}} {_CLOCK}{_FRACTION}{_ZONE})", _form("month day year")),
    LogTime(rf"(?P<t>\d{{2}}\.\d{{2}}\.\d{{4}} {_CLOCK}{_FRACTION}{_ZONE})", _form("dmy .")),
    LogTime(rf"(?P<t>\d{{1,2}}[/-]\d{{1,2}}[/-]\d{{4}},? {_CLOCK}{_FRACTION}{_HALF}{_ZONE})", _form("dmy -/")),
    LogTime(r"(?P<t>\b(?:19|20)\d{6}[T ]?\d{6}(?:Z\b)?)", _form("YYYYMMDDHHMMSS")),
    LogTime(rf"(?P<t>\b(?:19|20)\d{{6}}[T -]{_CLOCK}{_FRACTION})", _form("YYYYMMDD")),
    LogTime(rf"(?P<t>\b{_WORD} [ \d]\d {_CLOCK})", _form("syslog")),
    LogTime(r"(?P<t>\b1\d{12}|\b1\d{9}(?:\.\d{1,9})?)\b", None),
)

_METHOD = r"(?:GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND)"
# What only lines of requests have; of several the first that enough lines have is taken.
REQUEST_MARKS: tuple[str, ...] = (
    r"^REQUEST\t",
    rf'"{_METHOD} [^"]*HTTP/\d',
    rf"\bmethod=\"?{_METHOD}\b.*\bstatus=",
    rf"\bstatus=.*\bmethod=\"?{_METHOD}\b",
    rf"[ \"]{_METHOD} \S+.* [1-5]\d\d(?:[ \"]|$)",
    rf"\bStarted {_METHOD} ",
)
ONCE_A_REQUEST = (REQUEST_MARKS[0], REQUEST_MARKS[-1])  # of whose lines a request has one, and others beside it
_STATUS = re.compile(r"[ =][1-5]\d\d(?:[ \"]|$)")
_SEVERITY = re.compile(
    r"\[(?:\w+:)?(?:error|warn|warning|notice|crit|alert|emerg)\]|\blevel=(?:error|warn|debug)|\b(?:ERROR|WARN|FATAL)\b"
)
_PROGRAM = re.compile(r"(?:^|\s)([\w./-]+)(?:\[[^\]\s]*\])?: ")


@dataclass(frozen=True)
class Anchor:
    """Where the time stands: behind the `number`-th (from 0) of a sign, or at the line's start."""

    sign: str
    number: int


@dataclass(frozen=True)
class LogShape:
    """`width`, `clock_at`, `zone_at`: of the time's text, where it is equally wide in nearly all lines; else no anchor.
    `mark`: what a line must hold to be a request, where lines of other kinds stand between."""

    time: LogTime
    anchor: Anchor | None
    width: int
    clock_at: int
    zone_at: int
    mark: str | None


def find_log(lines: Sequence[str]) -> LogShape | None:
    """The shape of a log with these first lines; None where too few lines have a time."""
    present = [line for line in lines if line.strip() and not line.startswith("#")]
    for time in LOG_TIMES:
        matches = [match for line in present if (match := re.search(time.pattern, line))]
        if len(matches) >= max(MIN_SHARE * len(present), 1):
            break
    else:
        return None
    mark = _mark([match.string for match in matches])
    if mark:
        matches = [match for match in matches if re.search(mark, match.string)]
    anchor, shares = _anchor(matches)
    widths = Counter(len(match["t"]) for match in matches)
    width, same = widths.most_common(1)[0]
    sample = next(match["t"] for match in matches if len(match["t"]) == width)
    clock = re.search(rf"(?<!\d){_CLOCK}", sample)
    named = re.search(NAMED_ZONE, sample)  # an offset that the moment decides, and not the day
    if clock is None or named or shares * 2 < len(matches) or same * 2 < len(matches) or time.form is None:
        return LogShape(time, None, width, 0, 0, mark)
    fraction = re.match(_FRACTION, sample[clock.end() :])
    return LogShape(time, anchor, width, clock.start(), clock.end() + len(fraction[0] if fraction else ""), mark)


def _anchor(matches: Sequence["re.Match[str]"]) -> tuple[Anchor | None, int]:
    places: Counter[Anchor] = Counter()
    for match in matches:
        at = match.start("t")
        before = match.string[:at]
        if at == 0:
            places[Anchor("", 0)] += 1
        elif before[-1] in "[ \t":
            places[Anchor(before[-1], before.count(before[-1]) - 1)] += 1
    return places.most_common(1)[0] if places else (None, 0)


def _mark(lines: Sequence[str]) -> str | None:
    """What tells requests from other lines with a time; None where all lines are of one kind."""
    for mark in REQUEST_MARKS:
        marked = [line for line in lines if re.search(mark, line)]
        if len(marked) >= max(MARKED_SHARE * len(lines), 1):
            break
    else:
        return None
    others = [line for line in lines if not re.search(mark, line)]
    if not others:
        return None
    programs = {_program(line) for line in marked}
    foreign = [line for line in others if _is_foreign(line, programs)]
    return mark if len(foreign) * 2 > len(others) or mark in ONCE_A_REQUEST else None


def _is_foreign(line: str, programs: set[str]) -> bool:
    """Whether a line without the mark is no request: even a request that could not be parsed has a status."""
    return bool(_SEVERITY.search(line)) or _program(line) not in programs or not _STATUS.search(line)


def _program(line: str) -> str:
    """The program that wrote a line of syslog, or of an app's runner; nothing where none is named."""
    found = _PROGRAM.search(line[:200])
    return found[1] if found else ""
