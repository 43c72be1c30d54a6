"""The commands about what people judged, where the operator keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.cli import terminal
from qa.errors import UsageError
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.build.builder import Judge, Progress
    from qa.judging.kept import Judgements

file_argument = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))


@click.group(no_args_is_help=False)
def judged() -> None:
    """List, export, import and delete what people judged of answers.

    The setting judgements names the file that keeps it.
    """


@judged.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the judgements as JSON.")
def list_judged(as_json: bool) -> None:
    """List the judgements, oldest first."""
    entries = _kept(Settings.load()).entries()
    if as_json:
        terminal.print_json([asdict(one) for one in entries])
    else:
        terminal.show_judgements(entries)


@judged.command("export")
@file_argument
def export_judged(file: Path) -> None:
    """Write the questions with the quotes that answer them to FILE, as a judged set has them.

    A question that was told to have no answer has no quote. One of which people only said what does not
    answer is left out. A folder with FILE as questions.jsonl is a data set of qa eval.
    """
    from qa.judging.questions import as_lines, is_exported
    from qa.judging.told import told_of
    from qa.service.private_files import write_private

    questions = told_of(_kept(Settings.load()).entries())
    there = sum(map(is_exported, questions))
    if not there:
        raise UsageError(
            "no question was judged to be answered, or to have no answer: nothing to write"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private(file, as_lines(questions))
    others = len(questions) - there
    left = f"; left out: {others:,}, of which nobody said what answers" if others else ""
    click.echo(f"Wrote {terminal.counted(there, 'question')} to {file}{left}.")


@judged.command("import")
@file_argument
@click.option("--index", metavar="DIR", help="Folder of the index. Default: index/default.")
def import_judged(file: Path, index: str | None) -> None:
    """Keep what FILE, a questions.jsonl, says, once the index has proved every quote.

    Nothing is kept of a file in which a quote is wrong. What is kept already is not kept again.
    """
    from qa.engine import Engine
    from qa.judging.questions import read_judgements

    settings = Settings.load(flags={"index": index})
    kept = _kept(settings)
    engine = Engine.open(settings.index, reading="off")
    found, again = read_judgements(file, engine, kept.entries())
    kept.add_all(found)
    known = f"; {again:,} kept already" if again else ""
    click.echo(f"Kept {terminal.counted(len(found), 'judgement')}{known}.")


@judged.command("delete")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def delete_judged(ids: tuple[str, ...]) -> None:
    """Remove the judgement of each ID from the file for good."""
    _kept(Settings.load()).remove(ids)
    click.echo(f"Removed {terminal.counted(len(set(ids)), 'judgement')}.")


def judge_of(
    settings: Settings,
    paths: Sequence[Path],
    *,
    dataset: str | None = None,
    progress: Progress | None = None,
) -> Judge | None:
    """Return what refines the calibration of a build of ``paths``: what is kept, and a judged set.

    Raises UsageError for a set of another form, or for a file of judgements or of unanswered questions that
    a build would read.
    """
    if not settings.judgements and not dataset:
        return None
    from qa.judging.kept import Judgements
    from qa.judging.unanswered import Unanswered

    kept = Judgements.of(settings, paths)
    Unanswered.of(settings, paths)
    entries = kept.entries() if kept else []
    if not entries and not dataset:
        return None
    from qa.evaluate.judged import judge_by
    from qa.judging.calibrate import Judges, KeptJudge

    judges: list[Judge] = [judge_by(dataset, settings.datasets, progress)] if dataset else []
    judges += [KeptJudge.of(entries, progress)] if entries else []
    return judges[0] if len(judges) == 1 else Judges(judges)


def _kept(settings: Settings) -> Judgements:
    from qa.judging.kept import Judgements

    kept = Judgements.of(settings)
    if kept is None:
        raise UsageError("nothing that people judge is kept: name a file in the setting judgements")
    return kept
