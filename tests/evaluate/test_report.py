from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qa.engine import Engine
from qa.evaluate import charts
from qa.evaluate.compare import compare
from qa.evaluate.datasets import read_corpus, read_spans
from qa.evaluate.gates import Gate, check
from qa.evaluate.measures import CurvePoint, Figure
from qa.evaluate.outcome import Evaluation
from qa.evaluate.report import page
from qa.evaluate.run import evaluate_corpus, evaluate_spans
from qa.settings import Settings
from tests.evaluate.conftest import QUESTIONS, write_lines
from tests.evaluate.test_spans import calibrated
from tests.fake import FakeEncoder

NASTY = "<script>alert(1)</script> & \"quoted\" <img src=x onerror='a()'>"
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
    assert not {"script", "link", "iframe", "img", "object", "base"} & set(found.tags)
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
    return evaluate_spans(dataset, calibrated(engine, sure))


def test_the_page_holds_all_that_was_found(evaluation: Evaluation) -> None:
    checked = check([Gate.parse("hit@5>=0.1"), Gate.parse("hit@1<=0.01")], evaluation)
    earlier = json.loads(json.dumps(evaluation.to_json()))
    for question in earlier["questions"]:
        question["first"] = {"excerpt": NASTY}
        question["nDCG@10"] = 0.25
    text = page(evaluation, compare(earlier, "a<b>.json", evaluation), checked)
    found = assert_self_contained(text)
    assert {"measures", "kinds", "ranks", "risk", "against", "misses"} <= found.ids
    assert "Success@1" in text and "95% bootstrap intervals" in text
    assert "does not hold" in text
    # A miss, with what came instead and the gold quote.
    assert "Which bells did divers find?" in text and "Yours, Œnone" in text
    assert "tram bell" in text
    # Nothing that a data set or an archive says is markup here.
    assert "<script" not in text and "<b>fact" not in text and "onerror='" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot;" in text
    assert "a&lt;b&gt;.json" in text


def test_the_page_of_a_set_without_confidence_says_so(spans: Path, engine: Engine) -> None:
    import dataclasses

    found = evaluate_spans(read_spans(spans), engine)
    outcomes = tuple(dataclasses.replace(o, confidence=None) for o in found.outcomes)
    text = page(dataclasses.replace(found, outcomes=outcomes, curve=()), None, [])
    assert_self_contained(text)
    assert "not calibrated" in text


def test_the_page_of_a_corpus(corpus: Path, tmp_path: Path) -> None:
    found = evaluate_corpus(
        read_corpus(corpus), Settings(index=str(tmp_path / "i" / "d")), encoder=FakeEncoder()
    )
    text = page(found, None, [])
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
