"""From lines to samples: names, sources, kinds; what cannot be read is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.config import FeedRule
from backend.feed.line_parser import MOST_LINE_BYTES, MOST_TAGS, BadLine, Precision, parse_lines
from backend.feed.samples import BATCH_LINES, Row, SampleBatch, SampleReader

NOW = 1_790_000_000 * 10**9


def read(text: str, precision: Precision = "ns", **feeds: FeedRule) -> SampleBatch:
    return SampleReader(feeds).read(parse_lines(text.encode(), precision, NOW), NOW)


def only(text: str, **feeds: FeedRule) -> Row:
    (row,) = read(text, "ns", **feeds).rows
    return row


@pytest.mark.parametrize(
    ("fields", "kind", "value"),
    [
        ("requests=5i", "count", 5.0),
        ("count=5u", "count", 5.0),
        ("hits=5", "count", 5.0),
        ("rps=1.5", "rate", 1.5),
        ("rate=1.5", "rate", 1.5),
        ("http_requests_total=99i", "counter", 99.0),
        ("rps=1,requests=7i", "count", 7.0),
        ("status=200i,hits=2i", "count", 2.0),
    ],
)
def test_the_field_s_name_tells_what_it_is(fields: str, kind: str, value: float) -> None:
    assert only(f"web {fields} {NOW}")[2:] == (kind, NOW, value)


@pytest.mark.parametrize("fields", ["used=5i", 'requests="many"', "requests=t", "total=5i"])
def test_a_line_without_traffic_is_passed_over_and_counted(fields: str) -> None:
    samples = read(f"cpu {fields} {NOW}")
    assert (samples.rows, samples.ignored, samples.bad) == ([], 1, [])


def test_a_series_is_named_by_measurement_and_service() -> None:
    assert only(f"web,host=a requests=1 {NOW}")[0] == "web"
    assert only(f"web,service=shop requests=1 {NOW}")[0] == "web/shop"
    assert only(f"../../etc,service=a\\ b requests=1 {NOW}")[0] == "../../etc/a b"
    assert len(only(f"{'w' * 300} requests=1 {NOW}")[0]) == 100


def test_the_other_tags_are_the_source_in_any_order() -> None:
    assert only(f"web,b=2,service=x,a=1 requests=1 {NOW}")[1] == only(f"web,a=1,b=2 requests=1 {NOW}")[1] == "a=1,b=2"


def test_long_sources_stay_apart() -> None:
    one, other = (only(f"web,path={'p' * 200}{end} requests=1 {NOW}")[1] for end in "ab")
    assert one != other
    assert len(one) <= 100


def test_telegraf_s_nginx_plugin_counts_in_a_counter_named_requests() -> None:
    line = "nginx,port=80,server=localhost accepts=1i,active=2i,handled=1i,reading=0i,requests=85340i,waiting=2i"
    assert only(f"{line} {NOW}")[2] == "counter"


def test_a_feed_s_rule_is_followed() -> None:
    rule = FeedRule(field="stot", kind="counter")
    assert only(f"haproxy stot=7i,rate=3i {NOW}", haproxy=rule)[2:] == ("counter", NOW, 7.0)
    assert read(f"haproxy rate=3i {NOW}", "ns", haproxy=rule).ignored == 1


@pytest.mark.parametrize(("precision", "factor"), [("ns", 1), ("us", 10**3), ("ms", 10**6), ("s", 10**9)])
def test_times_have_the_precision_that_was_said(precision: Precision, factor: int) -> None:
    assert read(f"web requests=1 {NOW // factor}", precision).rows[0][3] == NOW


def test_a_line_without_a_time_is_of_now() -> None:
    assert only("web requests=1")[3] == NOW


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("web", "measurement"),
        ("web requests=", "field"),
        ("web requests=nan", "field"),
        ("web requests=-1", "negative"),
        ("web rps=1e16", "more than any service has; the most is 1e+15"),
        ("web requests=1 5", "precision"),
        (f"web requests=1 {NOW + 10 * 86_400 * 10**9}", "ahead"),
        ("web requests=1 99999999999999999999999", "timestamp"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_kept(line: str, reason: str) -> None:
    samples = read(f"web requests=1 {NOW}\n{line}\n# a comment\n\nweb requests=2 {NOW + 1}\r\n")
    assert [row[4] for row in samples.rows] == [1.0, 2.0]
    (bad,) = samples.bad
    assert bad.number == 2
    assert reason in str(bad)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("m" + ",t=v" * (MOST_TAGS + 1) + " requests=1", "tags"),
        ("m" + "".join(f",t{number}=v" for number in range(100_000)) + " requests=1", "longer than 65536 bytes"),
        ('m text="' + "x" * MOST_LINE_BYTES, "longer than 65536 bytes"),
    ],
    ids=["too many tags", "a hundred thousand tags", "an endless string"],
)
def test_a_line_that_would_hold_up_everything_else_is_not_parsed(line: str, reason: str) -> None:
    samples = read(f"{line}\nweb requests=1 {NOW}")
    assert [row[0] for row in samples.rows] == ["web"]
    (bad,) = samples.bad
    assert reason in bad.reason
    assert len(str(bad)) < 300


def test_many_fields_and_commas_inside_values_are_no_tags() -> None:
    fields = ",".join(f"f{number}=1" for number in range(MOST_TAGS + 1))
    text = "a, b" * MOST_TAGS
    host = "a\\ b"
    assert only(f'web,host={host} {fields},text="{text}",requests=7 {NOW}')[1:] == ("host=a b", "count", NOW, 7.0)


def test_lines_are_read_in_batches_and_keep_their_numbers() -> None:
    body = f"web requests=1 {NOW}\n" * BATCH_LINES + f"web\nweb requests=2 {NOW}"
    batches = list(SampleReader({}).batches(parse_lines(body.encode(), "ns", NOW), NOW))
    assert [len(batch.rows) for batch in batches] == [BATCH_LINES, 1]
    assert [bad.number for batch in batches for bad in batch.bad] == [BATCH_LINES + 1]


@given(st.text(max_size=200))
def test_any_text_is_samples_or_bad_lines(text: str) -> None:
    samples = read(text)
    assert all(isinstance(bad, BadLine) for bad in samples.bad)
    assert len(samples.rows) + samples.ignored + len(samples.bad) <= text.count("\n") + 1
