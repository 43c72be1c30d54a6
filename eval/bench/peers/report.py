"""From what the peers did to figures, tests and a table; all are judged by the code of qa eval."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from qa.evaluate.datasets import JudgedCorpus, read_dataset
from qa.evaluate.measures import Measure
from qa.evaluate.relevance import figures_of
from qa.evaluate.significance import randomisation_test, show_p

OURS = "cited-qa"
MEASURES = (Measure("nDCG", 10), Measure("Success", 1))
Table = dict[str, dict[str, Any]]
"""Figures of one data set, by peer and configuration."""


def write_results(found: Mapping[str, tuple[Path, Table]], results: Path) -> None:
    """Write a JSON file for each data set, and one Markdown file for all."""
    results.mkdir(parents=True, exist_ok=True)
    judged: dict[str, Table] = {}
    lines = ["# Peers on the same data and model", "", f"Machine: {machine()}.", ""]
    for name, (data, measured) in found.items():
        dataset = read_dataset(str(data), "")
        assert isinstance(dataset, JudgedCorpus), "a corpus with judged documents is wanted"
        table = judge(dataset, measured)
        if not table:
            continue
        judged[name] = table
        tests = tests_of([table])
        whole = {
            "dataset": name,
            "machine": machine(),
            "tests": tests,
            "questions": list(dataset.qrels),
            "peers": table,
        }
        text = json.dumps(whole, ensure_ascii=False)
        # One peer a line: small, and a difference between two runs can be read.
        for peer in table:
            text = text.replace(f' "{peer}": {{', f'\n "{peer}": {{')
        (results / f"peers-{name}.json").write_text(text + "\n", "utf-8")
        lines += [f"## {name}, {len(dataset.qrels):,} questions", "", *table_of(table), ""]
        lines += [*tests_table(tests), ""]
    if len(judged) > 1:
        pooled = tests_of(list(judged.values()))
        text = json.dumps({"datasets": list(judged), "tests": pooled}, indent=1)
        (results / "peers-pooled.json").write_text(text + "\n", "utf-8")
        lines += ["## Pooled over the questions of all", "", *tests_table(pooled), ""]
    for name, versions in sorted(versions_of(judged.values()).items()):
        lines.append(f"- {name}: {', '.join(f'{k} {v}' for k, v in versions.items())}")
    (results / "peers.md").write_text("\n".join(lines) + "\n", "utf-8")


def judge(dataset: JudgedCorpus, measured: Table) -> Table:
    """Return rounded figures of each peer and configuration; of questions in the qrels' order."""
    table: Table = {}
    for name, one in measured.items():
        build, asked = one["build"], one["ask"]
        figures = figures_of(dataset.qrels, asked["run"])
        times = sorted(asked["milliseconds"])
        p50 = median(times)
        table[name] = {
            **{
                m.key: round(sum(f[m] for f in figures.values()) / len(figures), 4)
                for m in MEASURES
            },
            "p50_ms": round(p50, 1),
            "p99_ms": round(times[int(0.99 * len(times))], 1),
            "calibration_ms": round(asked["calibration_ms"], 2),
            "p50_calibrated": round(p50 / asked["calibration_ms"], 1),
            "first_answer_s": round(asked["first_answer_s"], 2),
            "anonymous_mb": round(asked["anonymous_mb"]),
            "peak_mb": round(asked["peak_mb"]),
            "build": {
                "documents": build["documents"],
                "passages": build["passages"],
                "tokens": build["tokens"],
                "seconds": round(build["seconds"], 1),
                "documents_s": round(build["documents"] / build["seconds"], 1),
                "passages_s": round(build["passages"] / build["seconds"], 1),
                "tokens_s": round(build["tokens"] / build["seconds"]),
                "calibration_ms": round(build["calibration_ms"], 2),
                "peak_mb": round(build["peak_mb"]),
            },
            "versions": asked["versions"],
            "per_question": {
                m.key: [_short(figures[query][m]) for query in dataset.qrels] for m in MEASURES
            },
        }
    return table


def _short(value: float) -> float:
    """Return a figure of one question as it is written: 1 for 1.0."""
    return int(value) if value == int(value) else round(value, 4)


def tests_of(tables: Sequence[Table]) -> Table:
    """Test cited-qa against each peer, question by question, pooled over ``tables``.

    The paired randomisation test of ``qa eval --against``: two-sided, 10,000 seeded sign flips.
    """
    shared = [name for name in tables[0] if all(name in table for table in tables)]
    if OURS not in shared:
        return {}
    tests: Table = {}
    for name in shared:
        if name == OURS:
            continue
        tests[name] = {}
        for measure in map(str, MEASURES):
            changes = [
                ours - theirs
                for table in tables
                for ours, theirs in zip(
                    table[OURS]["per_question"][measure],
                    table[name]["per_question"][measure],
                    strict=True,
                )
            ]
            tests[name][measure] = {
                "difference": round(sum(changes) / len(changes), 4),
                "p": round(randomisation_test(changes), 4),
                "wins": sum(change > 0 for change in changes),
                "ties": sum(change == 0 for change in changes),
                "losses": sum(change < 0 for change in changes),
            }
    return tests


def versions_of(tables: Iterable[Table]) -> dict[str, dict[str, str]]:
    """Return the versions of each peer's packages, by the peer's name."""
    return {name.split()[0]: one["versions"] for table in tables for name, one in table.items()}


def table_of(table: Table) -> list[str]:
    """Return the figures as Markdown."""
    lines = [
        "| | nDCG@10 | hit@1 | p50 ms | p99 ms | p50 / calibration | first answer s | RssAnon MB "
        "| peak MB | build: passages/s | tokens/s | documents/s | tokens per calibration |",
        "|" + "---|" * 13,
    ]
    for name, one in table.items():
        build = one["build"]
        per_calibration = build["tokens_s"] * build["calibration_ms"] / 1000
        cells = [
            name,
            f"{one['nDCG@10']:.3f}",
            f"{one['hit@1']:.3f}",
            one["p50_ms"],
            one["p99_ms"],
            one["p50_calibrated"],
            one["first_answer_s"],
            one["anonymous_mb"],
            one["peak_mb"],
            build["passages_s"],
            f"{build['tokens_s']:,}",
            build["documents_s"],
            f"{per_calibration:.1f}",
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def tests_table(tests: Table) -> list[str]:
    """Return the tests as Markdown."""
    if not tests:
        return ["cited-qa is not among them yet: nothing to test."]
    lines = [
        "| cited-qa against | nDCG@10 | | wins, ties, losses | hit@1 | | wins, ties, losses |",
        "|" + "---|" * 7,
    ]
    for name, measures in tests.items():
        cells = [name]
        for one in measures.values():
            counts = f"{one['wins']}, {one['ties']}, {one['losses']}"
            cells += [f"{one['difference']:+.3f}", show_p(one["p"]), counts]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def machine() -> str:
    """Return the processor's name and how many of it there are."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown processor'}, {os.cpu_count()} processors"
