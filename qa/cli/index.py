"""The commands for the upkeep of an index: state, rollback, purge, check, watch."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from qa.cli import terminal
from qa.cli.judged import judge_of
from qa.errors import IndexUnusableError, NotFoundError
from qa.settings import Settings

index_option = click.option(
    "--index",
    metavar="INDEX",
    help="Folder of the index, or an address such as s3://BUCKET/NAME. Default: index/default.",
)
SEEDS = (Path("seeds"),)
json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
model_option = click.option(
    "--model", help="Model to embed with: a folder, or a name. Default: all-MiniLM-L6-v2."
)
workers_option = click.option(
    "--workers",
    metavar="here|ray",
    help="Who reads, splits and embeds: this process, or processes on Ray. Default: here.",
)
every_option = click.option(
    "--every",
    type=click.FloatRange(0.05, 3600),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look for changes.",
)
paths_argument = click.argument(
    "paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path)
)


@click.command()
@paths_argument
@index_option
@json_option
def status(paths: tuple[Path, ...], index: str | None, as_json: bool) -> None:
    """Show the generations of the index, and what a build of each PATH would change.

    Default: the paths of its last build. Every byte of the index is verified.
    """
    from qa.build.upkeep import status as state_of

    found = state_of(Settings.load(flags={"index": index}), paths)
    if as_json:
        terminal.print_json(asdict(found))
    else:
        terminal.show_status(found)


@click.command()
@click.argument("generation", required=False)
@index_option
@json_option
def rollback(generation: str | None, index: str | None, as_json: bool) -> None:
    """Make an earlier GENERATION live. Default: the one before the live one.

    A running service changes to it. Documents that were removed since then stay hidden; to have one
    again, put its file back and build.
    """
    from qa.build.upkeep import rollback as go_back

    info = go_back(Settings.load(flags={"index": index}), generation)
    if as_json:
        terminal.print_json(asdict(info))
    else:
        documents = terminal.counted(info.documents, "document")
        click.echo(f"Generation {info.generation} is live: {documents}.")


@click.command()
@click.argument("documents", nargs=-1, required=True, metavar="SOURCE...")
@index_option
@json_option
def purge(documents: tuple[str, ...], index: str | None, as_json: bool) -> None:
    """Remove the text of each SOURCE, or document id, from every generation for good.

    Retained generations that have it are deleted, and so is what people judged of it. If a file is
    still in its folder, the next build adds it again.
    """
    from qa.build.upkeep import purge as remove

    settings = Settings.load(flags={"index": index})
    from qa.judging.kept import Judgements

    kept = Judgements.of(settings)
    try:
        report = remove(settings, documents)
    except NotFoundError as error:
        # A purge that was interrupted has removed the document, and perhaps not what was judged of it.
        if kept and (gone := kept.forget(documents)):
            raise NotFoundError(
                f"{error.message}; {terminal.counted(gone, 'judgement')} of it removed"
            ) from error
        raise
    judgements = kept.forget([*documents, *report.purged]) if kept else 0
    if as_json:
        terminal.print_json({**asdict(report), "judgements": judgements})
    else:
        terminal.show_purge(report)
        if judgements:
            click.echo(f"Removed with it: {terminal.counted(judgements, 'judgement')}.")


@click.command()
@index_option
@json_option
def check(index: str | None, as_json: bool) -> int:
    """Check the whole index: every byte, every reference, every citation that it can give.

    It also reads retained generations and models. It names each fault with its file; the exit status
    is 3 if there is one.
    """
    from qa.store import open_index

    settings = Settings.load(flags={"index": index})
    report = open_index(settings.index).check(
        lambda place: click.echo(f"checking {place}", err=True)
    )
    if as_json:
        terminal.print_json({**asdict(report), "faults": [f._asdict() for f in report.faults]})
    else:
        terminal.show_check(report, settings.index)
    return IndexUnusableError.exit_status if report.faults else 0


@click.command()
@index_option
@json_option
def doctor(index: str | None, as_json: bool) -> int:
    """Look at the set-up and say what to mend, one line each; 1 where something is bad.

    Libraries, index, model, archive, disk, the kernel's hold on readers, port, keys, address, clock.
    Nothing is changed.
    """
    from qa.cli.doctor import examine

    findings = examine(Settings.load(flags={"index": index}))
    bad = any(one.state == "bad" for one in findings)
    if as_json:
        terminal.print_json({"ok": not bad, "findings": [asdict(one) for one in findings]})
    else:
        terminal.show_findings(findings)
    return 1 if bad else 0


@click.command()
@paths_argument
@index_option
@model_option
@every_option
@click.option("--attached", is_flag=True, help="Stop when standard input ends.")
def watch(
    paths: tuple[Path, ...], index: str | None, model: str | None, every: float, attached: bool
) -> None:
    """Watch each PATH: build whenever its files have changed and then stayed the same. Default: seeds.

    If a build fails, the command says so and tries again. Ctrl+C stops it.
    """
    from qa.build.watch import watch as follow
    from qa.engine import Engine

    settings = Settings.load(flags={"index": index, "model": model})
    chosen: Sequence[Path] = paths or SEEDS

    def build() -> None:
        report = Engine.build(chosen, settings, judge=judge_of(settings, chosen))
        if report.changed:
            terminal.show_report(report, settings.index)

    signal.signal(signal.SIGTERM, _interrupt)
    click.echo(f"Following {', '.join(map(str, chosen))} (Ctrl+C stops)", err=True)
    sleep = _while_there_is_input if attached else time.sleep
    try:
        follow(chosen, build, every=every, complain=terminal.complain, sleep=sleep)
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)


def _while_there_is_input(seconds: float) -> None:
    """Wait, and no longer than standard input is open: it ends with the process that holds its other end."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        readable, _, _ = select.select([sys.stdin], [], [], left)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            raise KeyboardInterrupt


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
