from __future__ import annotations

import dataclasses
import json
import re

import pytest
from markdown_it import MarkdownIt

from qa.evaluate.compare import compare_all
from qa.evaluate.gates import Gate, check
from qa.evaluate.markdown import code, summary
from qa.evaluate.measures import Measure
from qa.evaluate.table import lines_of
from tests.evaluate.test_compare import evaluation, with_verdicts

NASTY = "a|b `c` <img src=x> @someone #12 **bold**\n| row | [link](http://x)"


def rendered(text: str) -> str:
    return str(MarkdownIt("gfm-like", {"linkify": False}).render(text))


@pytest.mark.parametrize("text", ["plain", NASTY, "`", "``a`b``", "", " ", "a\u202eb\x1b[2J"])
def test_a_text_shows_as_it_is(text: str) -> None:
    html = rendered(f"| a |\n|---|\n| {code(text, in_table=True)} |")
    [cell] = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    assert cell.startswith("<code>") and cell.endswith("</code>")
    assert not re.search("[\u202e\x1b\n]", cell)
    assert not re.search(r"<(?!/?code>)", cell)
    if text == NASTY:
        shown = "a|b `c` &lt;img src=x&gt; @someone #12 **bold** | row | [link](http://x)"
        assert cell == f"<code>{shown}</code>"


def test_the_summary_holds_what_a_reviewer_asks() -> None:
    before = evaluation({f"q{n}": 0.0 for n in range(20)})
    now = evaluation({f"q{n}": float(n < 10) for n in range(20)})
    outcomes = [dataclasses.replace(now.outcomes[0], question=NASTY), *now.outcomes[1:]]
    now = dataclasses.replace(
        now,
        outcomes=tuple(outcomes),
        dataset="se`t",
        config={"index": "i", "generation": "g", "model": "m"},
    )
    earlier = json.loads(json.dumps(before.to_json())) | {"dataset": "se`t"}
    earlier["questions"][0]["question"] = NASTY
    comparisons = compare_all([("ba|se.json", earlier), ("other.json", earlier)], now)
    checked = check([Gate.parse("hit@1>=0.9")], now)
    text = summary(now, comparisons, checked)
    html = rendered(text)
    assert "gate Success@1 of se`t is 0.5, wanted &gt;=0.9: DOES NOT HOLD" in html
    assert "<td>nDCG@10</td>" in html and "<code>ba|se.json</code>" in html
    assert html.count("<table>") == 5  # measures; two comparisons; what moved in each
    assert "<strong>+50.0</strong>" in html and "Holm's correction for 8 tests" in html
    assert "<details>" in html and "<img" not in html and "<strong>bold" not in html
    assert text.endswith("</details>\n")


def test_the_share_wrong_at_a_coverage_is_told() -> None:
    names = [f"r{n}" for n in range(7)] + [f"u{n}" for n in range(3)]
    found = with_verdicts({name: 0.9 if name[0] == "r" else 0.1 for name in names})
    found = dataclasses.replace(found, config={"index": "i", "generation": "g", "model": "m"})
    value = found.measures[Measure("wrong", 70)].value
    assert value == 0.0
    assert "Wrong among answered at 70% coverage: 0.0%." in summary(found, [], [])
    assert "wrong among answered at 70% coverage: 0.0%" in lines_of(found, [], [])
