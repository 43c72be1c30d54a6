from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qa.engine import Engine
from qa.evaluate import charts, report
from qa.evaluate.compare import compare, compare_all
from qa.evaluate.datasets import read_corpus, read_spans
from qa.evaluate.gates import Gate, check
from qa.evaluate.measures import CurvePoint, Figure
from qa.evaluate.outcome import Evaluation
from qa.evaluate.report import page
from qa.evaluate.run import evaluate_corpus, evaluate_spans
from qa.evaluate.spans import Asking
from qa.evaluate.verdicts import Bin
from qa.settings import Settings
from tests.evaluate.conftest import QUESTIONS, write_lines
from tests.evaluate.test_spans import calibrated
from tests.fake import FakeEncoder

NASTY = "<script>alert(1)</script> & \"quoted\" <img src=x onerror='a()'>"
SCRIPT = (Path(report.__file__).parent / "report.js").read_text("utf-8")
_VOID = {"meta", "link", "img", "br", "hr", "input"}


class Checker(HTMLParser):
    """Parses a page strictly: every tag is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: set[str] = set()
        self.handlers: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "xlink:href"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.add(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()


def assert_self_contained(text: str) -> Checker:
    found = Checker(text)
    assert not {"link", "iframe", "img", "object", "base"} & set(found.tags)
    # One script, ours, and the page's policy lets no other run and nothing be fetched.
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert found.tags.count("script") == 1 and scripts == [SCRIPT]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in text
    assert all(address.startswith("#") for address in found.addresses)
    assert {address[1:] for address in found.addresses} <= found.ids
    assert not found.handlers
    assert "@import" not in text and "url(" not in text
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(svg)
    return found


@pytest.fixture
def evaluation(spans: Path, engine: Engine) -> Evaluation:
    """An evaluation with confidence, a miss and a question that is markup."""
    nasty = {
        "id": "nasty-1",
        "question": NASTY,
        "kind": "<b>fact</b>",
        "gold": [{"source": "markup.txt", "quote": "The parser met <script>alert(1)</script>"}],
    }
    missed = {
        "id": "missed-1",
        "question": "Which bells did divers find?",
        "kind": "fact",
        "gold": [{"source": "letters/Œnone to Anselm.txt", "quote": "Yours, Œnone"}],
    }
    write_lines(spans / "questions.jsonl", [*QUESTIONS, nasty, missed])
    dataset = read_spans(spans)
    sure = {q.text: 0.9 - n / 10 for n, q in enumerate(dataset.questions)}
    asking = Asking(explained=True)
    return evaluate_spans(dataset, calibrated(engine, sure), asking=asking)


def test_the_page_holds_all_that_was_found(evaluation: Evaluation) -> None:
    checked = check([Gate.parse("hit@5>=0.1"), Gate.parse("hit@1<=0.01")], evaluation)
    earlier = json.loads(json.dumps(evaluation.to_json()))
    for question in earlier["questions"]:
        question["first"] = {"excerpt": NASTY}
        question["nDCG@10"] = 0.25
    text = page(evaluation, [compare(earlier, "a<b>.json", evaluation)], checked)
    found = assert_self_contained(text)
    assert {
        "measures",
        "kinds",
        "ranks",
        "risk",
        "reliability",
        "against",
        "questions",
    } <= found.ids
    assert "Success@1" in text and "95% bootstrap intervals" in text
    assert "does not hold" in text
    # A miss, with what came instead and the gold quote.
    assert "Which bells did divers find?" in text and "Yours, Œnone" in text
    assert "tram bell" in text
    # Nothing that a data set or an archive says is markup here.
    assert "<script>alert" not in text and "<b>fact" not in text and "onerror='" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot;" in text
    assert "a&lt;b&gt;.json" in text


def test_each_question_is_folded_with_its_ranks_and_their_stages(evaluation: Evaluation) -> None:
    text = page(evaluation, [], [])
    ids = re.findall(r'<details class="question" data-order="(\d+)"', text)
    assert ids == [str(n) for n in range(len(evaluation.outcomes))]
    assert text.count('<table class="top">') == len([o for o in evaluation.outcomes if o.top])
    first = evaluation.outcomes[0]
    for shown in first.top:
        dense = shown.stages["dense"]
        assert f"<td>{dense.score:.3g} <small>#{dense.rank}</small></td>" in text
    assert '<tr class="relevant"><td>1</td>' in text
    states = re.findall(r'data-state="([^"]*)"', text)
    assert "missed wrong" not in states and "first" in states and "other wrong" in states


def test_several_comparisons_stand_side_by_side(evaluation: Evaluation) -> None:
    earlier = json.loads(json.dumps(evaluation.to_json()))
    others = [("one.json", earlier), ("two.json", earlier)]
    text = page(evaluation, compare_all(others, evaluation), [])
    assert_self_contained(text)
    assert "<th>B − A1</th>" in text and "Against A2: two.json" in text
    assert "after Holm&#x27;s" in text or "after Holm's" in text
    assert 'value="change1 up"' in text and 'data-change1="' in text


def test_the_page_of_a_set_without_confidence_says_so(spans: Path, engine: Engine) -> None:
    found = evaluate_spans(read_spans(spans), engine)
    outcomes = tuple(dataclasses.replace(o, confidence=None) for o in found.outcomes)
    text = page(dataclasses.replace(found, outcomes=outcomes, curve=()), [], [])
    assert_self_contained(text)
    assert "not calibrated" in text


def test_the_page_of_a_corpus(corpus: Path, tmp_path: Path) -> None:
    found = evaluate_corpus(
        read_corpus(corpus), Settings(index=str(tmp_path / "i" / "d")), encoder=FakeEncoder()
    )
    text = page(found, [], [])
    ids = assert_self_contained(text).ids
    assert "risk" not in ids and "kinds" not in ids
    assert "nothing relevant found" in text


def test_an_interval_is_drawn_within_its_scale() -> None:
    svg = ElementTree.fromstring(charts.interval(Figure(0.5, 0.0, 1.0, 9), width=112))
    circle = next(e for e in svg if e.tag == "circle")
    assert circle.get("cx") == "56.0"
    line = next(e for e in svg if e.get("class") == "range")
    assert (line.get("x1"), line.get("x2")) == ("6.0", "106.0")
    assert charts.interval(Figure(None, None, None, 0)) == ""


def test_columns_are_as_tall_as_their_counts() -> None:
    svg = ElementTree.fromstring(
        charts.bars(["1", "2", "none"], [10, 0, 5], title="Ranks & <more>")
    )
    heights = [float(e.get("height") or 0) for e in svg if e.tag == "rect"]
    assert len(heights) == 2 and heights[0] == pytest.approx(2 * heights[1], rel=0.01)
    assert ElementTree.tostring(svg).count(b"<text") == 6
    ElementTree.fromstring(charts.bars(["1"], [0], title="none at all"))


def test_the_curve_ends_at_full_coverage() -> None:
    points = [CurvePoint(0.9, 0.5, 0.0), CurvePoint(0.1, 1.0, 0.25)]
    svg = ElementTree.fromstring(charts.curve(points, (0.5, 0.0), title="Risk"))
    polyline = next(e for e in svg if e.tag == "polyline")
    (x1, y1), (x2, y2) = (
        tuple(map(float, p.split(","))) for p in (polyline.get("points") or "").split()
    )
    assert x1 < x2 and y1 > y2
    assert "30%" in "".join(svg.itertext())
    mark = next(e for e in svg if e.get("class") == "mark")
    assert (float(mark.get("cx") or 0), float(mark.get("cy") or 0)) == (x1, y1)


def test_differences_are_drawn_about_nothing() -> None:
    rows = [("nDCG@10", 4.0, 2.0, 6.0, True), ("hit@1", -1.0, -8.0, 3.0, False)]
    svg = ElementTree.fromstring(charts.differences(rows, title="B & A"))
    dots = [float(e.get("cx") or 0) for e in svg if e.tag == "circle"]
    [zero] = [float(e.get("x1") or 0) for e in svg if e.get("class") == "axis"]
    assert dots[0] - zero == pytest.approx(4 * (zero - dots[1]), abs=0.3)
    spans = [e for e in svg if (e.get("class") or "").startswith("range")]
    assert [e.get("class") for e in spans] == ["range shown", "range"]
    assert float(spans[1].get("x1") or 0) < zero < float(spans[1].get("x2") or 0)
    ElementTree.fromstring(charts.differences([("a", 0.0, 0.0, 0.0, False)], title="none"))


def test_changes_are_drawn_from_the_worst_to_the_best() -> None:
    svg = ElementTree.fromstring(charts.changes([0.5, 0, -1, 1], title="won and lost"))
    bars = [e for e in svg if e.tag == "rect"]
    assert [e.get("class") for e in bars] == ["loss", "gain", "gain"]
    heights = [float(e.get("height") or 0) for e in bars]
    assert heights[0] == heights[2] == pytest.approx(2 * heights[1], abs=0.1)
    ElementTree.fromstring(charts.changes([], title="nothing"))


def test_reliability_is_drawn_against_the_line_on_which_confidence_comes_true() -> None:
    bins = [Bin(0.25, 0.5, 0.3, 0.7, 40), Bin(1.0, 1.0, 0.7, 1.0, 10)]
    svg = ElementTree.fromstring(charts.reliability(bins, title="Reliability"))
    [line] = [e for e in svg if e.get("class") == "ideal"]
    ends = {name: float(line.get(name) or 0) for name in ("x1", "y1", "x2", "y2")}
    first, last = (e for e in svg if e.tag == "circle")
    assert (last.get("cx"), last.get("cy")) == (str(ends["x2"]), str(ends["y2"]))
    across, up = ends["x2"] - ends["x1"], ends["y1"] - ends["y2"]
    assert float(first.get("cx") or 0) == pytest.approx(ends["x1"] + 0.25 * across, abs=0.1)
    assert float(first.get("cy") or 0) == pytest.approx(ends["y1"] - 0.5 * up, abs=0.1)
    assert float(first.get("r") or 0) > float(last.get("r") or 0)
