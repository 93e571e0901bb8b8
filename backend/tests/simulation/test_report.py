"""The report is one file: the picture in it, nothing from elsewhere, and text of users as text."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest

from backend.models.predictor import RPSEstimator
from backend.simulation.picture import picture_of
from backend.simulation.report import report_of
from backend.simulation.results import result_of
from backend.simulation.schemas import SimulationResult
from backend.simulation.table import csv_of
from backend.tests.simulation.series import days, simulated


@pytest.fixture(scope="module")
def result(estimator: RPSEstimator) -> SimulationResult:
    return result_of(simulated(estimator, days(4)))


def test_the_picture_has_a_named_point_a_policy_and_a_line_a_sweep(result: SimulationResult) -> None:
    drawn = ElementTree.fromstring(picture_of(result.policies))
    names = [title.text or "" for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert [name.split(":")[0] for name in names if "replica-hours" in name] == [each.label for each in result.policies]
    lines = [line.get("class") for line in drawn.iter("{http://www.w3.org/2000/svg}polyline")]
    assert lines == ["edge", "line reactive", "line forecast"]
    circles = list(drawn.iter("{http://www.w3.org/2000/svg}circle"))
    places = {each.policy: circle for each, circle in zip(result.policies, circles, strict=True)}
    assert float(places["hpa_50"].get("cx", 0)) > float(places["hpa_90"].get("cx", 0))
    assert float(places["hpa_50"].get("cy", 0)) > float(places["hpa_90"].get("cy", 0))  # less short is lower


def test_the_page_refers_to_nothing_and_says_the_sentence_first(result: SimulationResult) -> None:
    page = report_of("shop <b>.csv", result)
    assert not re.search(r"""(?:src|href)=|url\(|@import|<script""", page)
    assert page.replace('xmlns="http://www.w3.org/2000/svg"', "").count("http") == 0
    assert page.index(result.sentence) < page.index("<svg") < page.index("<table")
    assert "shop &lt;b&gt;.csv" in page
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page


def test_the_csv_has_every_figure_of_every_policy(result: SimulationResult) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of(result))))
    assert [row["policy"] for row in rows] == [each.policy for each in result.policies]
    assert [float(row["minutes_short"]) for row in rows] == [each.minutes_short for each in result.policies]
    assert float(rows[1]["theta_u_p5"]) == result.policies[1].intervals["theta_u"][0]
