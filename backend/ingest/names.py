"""What the name of a column, of a metric or of a unit says: tables of words, and the one function that reads them.

A new word is an entry. Names are judged by their words, so `http_requests`, `RequestCount` and `Requests/s` are all
traffic, whatever stands around the word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

Role = Literal["traffic", "weak", "empty", "error", "measure", "label", "none"]
Unit = Literal["count", "rate"]

_PER = r"(?:/|\bper ?|\bpro ?|\bpar ?|\bpor ?|\bal ?|\bp(?=s\b|m\b|h\b))"
# What makes a name a rate, and how much a number of it is of one request a second.
RATES: tuple[tuple[str, float], ...] = (
    (rf"{_PER} ?(?:s|secs?|seconds?|sekunden?|secondes?|segundos?|secondo)\b", 1.0),
    (r"\b[kmg]?(?:rps|qps|tps|hps|reqps|ops|cps)\b", 1.0),
    (r"\b(?:requests|reqs?|hits|calls) s$", 1.0),
    (rf"{_PER} ?(?:m|mins?|minutes?|minuten?|minutos?)\b|\b[km]?(?:rpm|qpm|tpm|cpm)\b", 1 / 60),
    (r"\b(?:requests|reqs?|hits|calls) (?:m|min)$", 1 / 60),
    (rf"{_PER} ?(?:h|hrs?|hours?|stunden?|heures?|horas?)\b|\b[km]?(?:rph|qph)\b", 1 / 3600),
    (rf"{_PER} ?(?:d|days?|tage?|jours?|d[ií]as?)\b|\b[km]?(?:rpd|qpd)\b", 1 / 86_400),
)
_PER_SEVERAL = re.compile(rf"{_PER} ?(?P<number>\d+) ?(?P<unit>s|secs?|seconds?|m|mins?|minute[ns]?|h|hrs?|hours?)\b")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}
_THOUSANDS = re.compile(
    r"\b(?P<prefix>[kmg])(?=(?:rp[smhd]|qp[smhd]|tp[smhd]|reqps|ops|reqs?|requests|hits|calls)\b)"
    r"|\b(?P<word>thousands?|tausend|millions?) "
)
_IN_THOUSANDS = re.compile(
    r"[(\[](k|m|thousands?|millions?|tsd|mio|mln)\.?[)\]]|\bin (k|m|thousands?|millions?|tsd|mio|mln)\.?$", re.I
)  # requests (k)
_SCALES = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e3}

_ROLE_WORDS: dict[Role, str] = {
    # Requests and what stands for them; each row or window counts some.
    "traffic": (
        "request requests req reqs hit hits call calls query queries invocation invocations pageview pageviews views "
        "impressions records anfrage anfragen aufrufe zugriffe abrufe requetes requete requêtes requête appels "
        "peticiones peticion solicitudes richieste rps qps tps hps reqps rpm qpm tpm rph qph krps kqps "
        "mrps kreq kreqs mreq"
    ),
    # Traffic where nothing speaks against it; of irregular rows they may be anything.
    "weak": (
        "count counts cnt total totals sum n num number events event transactions orders messages rate throughput "
        "anzahl nombre cantidad volume traffic load ops cps visits visitas visites besuche actions"
    ),
    "empty": "value values y val wert valeur valor metric metrics series data result column",
    "error": (
        "error errors err errs fail fails failed failure failures fault faults rejected dropped timeout timeouts "
        "throttled throttles denied blocked 4xx 5xx retries"
    ),
    # Numbers that are no traffic, whatever else the name says.
    "measure": (
        "latency latencies duration durations elapsed time times took ms millis milliseconds us ns microseconds "
        "seconds secs responsetime ttfb delay wait waiting connect connecting sending receiving handshaking idle cpu "
        "memory mem heap ram disk load1 load5 load15 temperature utilization utilisation usage percent percentage pct "
        "ratio share apdex score bytes byte size sizes length kb mb gb kib mib gib bits bandwidth bytesdownloaded "
        "users user vus visitors sessions threads connections conns workers replicas pods instances uniq unique "
        "distinct min max minimum maximum average median stddev stdev std p1 p5 p10 p25 p50 p75 p90 p95 p98 p99 p999 "
        "percentile quantile forecast predicted prediction expected target limit capacity threshold upper lower price "
        "amount cost revenue weight version samplecount dialup dns span spandays lat lon latitude longitude age rss "
        "gc uptime availability offset "
        "yhat fitted residual trend "
        "bit bits kbit kbits mbit mbits gbit gbits bps kbps mbps gbps kbyte kbytes mbyte mbytes octets packets pps "
        # Of requests how many there are at a moment, which is no traffic.
        "inflight flight active pending queue queued concurrent concurrency open outstanding backlog"
    ),
    # Numbers that name something.
    "label": (
        "status statuscode code id ids pid tid uid port shard partition zone rack version level line row index idx "
        "seq sequence thread worker bucket table weekday dow year month day hour minute second http_status "
        "responsecode interval step itemid hostid userid sessionid clientid requestid"
    ),
}
ROLE_OF_WORD: dict[str, Role] = {word: role for role, words in _ROLE_WORDS.items() for word in words.split()}
_COUNTED = frozenset({"count", "counts", "cnt"})
# Which role a name has where its words have several: the first of these.
_STRONGEST: tuple[Role, ...] = ("measure", "error", "traffic", "label", "weak", "empty")
_NO_ROLE: Role = "none"
# What an object is named that holds how long or how large requests were.
MEASURED = frozenset("latency latencies duration durations elapsed timing timings size sizes bytes".split())
# Words that make a name a rate, and say nothing else in it.
_RATE_WORDS = frozenset("/ s sec secs second seconds min minute minutes hour day month".split())
_SHARES = frozenset("success successful hit hits miss conversion bounce error failure".split())  # whose rate is a share
_RATE_NAMES = frozenset("rate throughput ops cps load".split())  # rates, unless the name says more
# Words that say nothing about which part of the traffic a name means.
_PLAIN = frozenset(
    "http https web all of the total totals count counts number num n sum avg average mean rate in per s sec second "
    "seconds server trace elb alb lb nginx haproxy envoy handled served received processed incoming k doc".split()
)
TOTAL_LABELS = frozenset("aggregated all total totals sum overall gesamt insgesamt subtotal summe totale".split())
_OF_TOTALS = frozenset("grand sub general g\u00e9n\u00e9ral generale".split())
# What pivots write over the rest, and over what has no name.
LEFTOVERS = frozenset("other others null none rest unknown sonstige autres otros".split())
METHODS = frozenset("get post put delete head options patch trace connect".split())
OUTCOMES = frozenset(
    "ok success successes successful succeeded good error errors err fail failed failure failures bad hit hits miss "
    "misses".split()
)
# Of columns that name what the values beside them measure, or which share of them is below.
METRIC_WORDS = frozenset("metric metrics measurement name field series label counter type target variable key".split())
QUANTILE_WORDS = frozenset({"quantile", "percentile", "le"})
STATUS = re.compile(r"(?:http ?)?[1-5](?:\d\d|xx)", re.I)
_ROUTE = re.compile(rf"(?:(?:{'|'.join(METHODS)}) )?/")  # GET /a, /b
_CLASS = re.compile(r"[1-5]xx")
_OF_STATUS = frozenset("status statuscode http_status responsecode code target".split())
SHARED_LETTERS = 4  # with which names begin that share no whole word: hosta, hostb
_CUMULATIVE = frozenset("cumulative cum accumulated running kumuliert".split())
COMPARED = frozenset("last previous prev yesterday ago week before baseline today this current now vs".split())


@dataclass(frozen=True)
class Meaning:
    """What a name says. `unit` None: nothing about count or rate; `scale`: of its numbers to requests, or requests a
    second; `rest`: the words that tell it from the traffic as a whole."""

    role: Role = "none"
    unit: Unit | None = None
    scale: float = 1.0
    rest: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is all traffic, and not a part of it."""
        return self.role == "traffic" and not self.rest


def words(name: str) -> list[str]:
    """`HTTPCode_ELB_5XX_Count` → http code elb 5xx count; labels, spans and aggregations are no words."""
    bare = re.sub(r"\{[^}]*\}|\[\d+[a-z]*(?::\w*)?\]|@(?=\w)", " ", name)
    bare = re.sub(r"^(?:avg|sum|max|min|count):", "", bare)
    bare = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z\d])(?=[A-Z][a-z])", " ", bare)
    return re.findall(r"\w+%?|%|/", re.sub(r"[_.:\-]+", " ", bare).lower())


def normal(name: str) -> str:
    """A name as the tables of names have it: `Request Time (UTC)` → request_time_utc."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def meaning(name: str) -> Meaning:
    """What the name of a column, a metric or a unit says."""
    own = words(name)
    text = " ".join(own).replace(" / ", "/")
    per = _per(name, text)
    of_rate = _RATE_WORDS if per != 1.0 else _RATE_WORDS - {"min"}  # rps_min is the least of a rate
    told = own if per is None else [word for word in own if word not in of_rate]
    role = _role(name, told, per is not None)
    rest = tuple(
        word for word in told if ROLE_OF_WORD.get(word) not in {"traffic", "weak", "empty"} and word not in _PLAIN
    )
    unit: Unit | None = "count" if role in {"traffic", "weak", "error"} else None
    if per is not None or (role == "weak" and _RATE_NAMES & set(own)) or (role == "traffic" and "rate" in own):
        unit = "rate"
    return Meaning(role, unit, (1.0 if per is None else per) * _thousands(name, text), rest)


def _per(name: str, text: str) -> float | None:
    """How much one of the name's rate is of a request a second; None where it is no rate."""
    if re.match(r"\s*i?rate\(", name):
        return 1.0
    if several := _PER_SEVERAL.search(text):
        return 1.0 / (int(several["number"]) * _UNIT_SECONDS[several["unit"][0]]) if int(several["number"]) else None
    return next((scale for pattern, scale in RATES if re.search(pattern, text)), None)


def _role(name: str, told: list[str], is_rate: bool) -> Role:
    if any(_CLASS.fullmatch(word) for word in told):  # how many had a status of the class, and not which status
        told = [word for word in told if word not in _OF_STATUS] + ["count"]
    if {"rate"} & set(told) and _SHARES & set(told):
        return "measure"
    if re.search(r"_count\b", name) and MEASURED & set(told):  # of a histogram: how many were measured
        told = [word for word in told if ROLE_OF_WORD.get(word) != "measure"]
    if is_rate and any(ROLE_OF_WORD.get(word) == "traffic" for word in told):
        told = [word for word in told if word != "average"]  # of a rate it is that of the window
    roles = {_role_of_word(word) for word in told}
    role = next((one for one in _STRONGEST if one in roles), _NO_ROLE)
    counted = re.match(r"\s*count\s*\(", name, re.I) or {"doc", "count"} <= set(told)
    if role == "label" and told[-1] in _COUNTED:
        role = "weak"  # row_count: how many there are, and not which
    if (is_rate and role in {"none", "weak", "empty"}) or (counted and role != "measure"):
        return "traffic"
    return role


def _role_of_word(word: str) -> Role:
    if "%" in word or re.fullmatch(r"p\d{2,3}", word):
        return "measure"
    return ROLE_OF_WORD.get(word, _NO_ROLE)


def _thousands(name: str, text: str) -> float:
    if behind := _IN_THOUSANDS.search(name):
        return 1e6 if (behind[1] or behind[2]).lower().startswith("m") else 1e3
    found = _THOUSANDS.search(text)
    if found is None:
        return 1.0
    return _SCALES[found["prefix"]] if found["prefix"] else (1e6 if found["word"].startswith("m") else 1e3)


def is_counter_name(name: str) -> bool:
    """Whether a name ends as those of Prometheus' counters do; the braces of labels may follow."""
    return re.search(r"_total\s*(?:\{[^}]*\})?\s*$", name, re.I) is not None


def is_total(name: str) -> bool:
    """Whether a label or a column is of all others together: `ALL`, `Grand Total`."""
    own = set(words(name))
    return bool(TOTAL_LABELS & own) and own <= TOTAL_LABELS | _OF_TOTALS


def is_subtotal(name: str) -> bool:
    """Whether a total is of some of the others only."""
    return "sub" in name.lower()


def is_leftover(name: str) -> bool:
    return re.sub(r"[\W_]", "", name.lower()) in LEFTOVERS


def is_cumulative(name: str) -> bool:
    """Whether a name says that its numbers stand for all so far: `cumulative requests`."""
    return bool(_CUMULATIVE & set(words(name)))


def are_parts(names: list[str]) -> bool:
    """Whether columns of these names are parts of one quantity: a status, a method, an outcome, a label each, or names
    that begin or end alike; and what is left over beside them."""
    names = [name for name in names if not is_leftover(name)]
    if len(names) < 2 or any(COMPARED & set(words(name)) for name in names):
        return False
    cleaned = [name.strip().lower() for name in names]
    if all(STATUS.fullmatch(name) for name in cleaned) or all(name in METHODS for name in cleaned):
        return True
    if all(name in OUTCOMES for name in cleaned) or all(map(_ROUTE.match, cleaned)):
        return True
    labels = [re.fullmatch(r"([^{]*)\{.+\}\s*", name) for name in names]
    if all(labels):
        return len({found[1] for found in labels if found}) == 1
    pieces = [_pieces(name) for name in names]
    letters = "".join(_common([list(name) for name in cleaned]))
    shared = [" ".join(_common(pieces)), " ".join(_common([own[::-1] for own in pieces]))]
    return any(map(_tells, shared)) or (len(letters) >= SHARED_LETTERS and _tells(letters))


def _pieces(name: str) -> list[str]:
    """Words and numbers of a name: `web1` and `web2` share a word, `hits` and `requests` none."""
    return [piece for word in words(name) for piece in re.findall(r"[^\W\d_]+|\d+", word)]


def _tells(shared: str) -> bool:
    """Whether what names share says something: not `value #`, `column ` or a letter."""
    left = [word for word in words(shared) if ROLE_OF_WORD.get(word) not in {"empty", "measure"}]
    return len("".join(left)) >= 2


def _common(names: Sequence[Sequence[str]]) -> list[str]:
    """What all begin with."""
    return [each[0] for each in takewhile(lambda each: len(set(each)) == 1, zip(*names, strict=False))]
