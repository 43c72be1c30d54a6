"""The command line. A command reads its options, opens the core, calls it and prints.

Exit status: 0 done; 1 a gate did not hold; 2 the call or its input is wrong; 3 the index is
missing, damaged or of another model; 70 a fault of this program; 130 interrupted.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from qa import __version__
from qa.cli import index, keys, terminal
from qa.cli.cite import cite, verify
from qa.cli.index import SEEDS, index_option
from qa.cli.judged import judge_of
from qa.cli.judged import judged as judged_group
from qa.cli.progress import progress as shown
from qa.errors import QaError, UsageError
from qa.settings import Settings, switched_on

if TYPE_CHECKING:
    from qa.build.builder import Accept, Progress
    from qa.engine import Engine

WRONG_CALL, FAULT_OF_OURS, INTERRUPTED = 2, 70, 130
_MOST_READ = 100_000


@click.group(no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="qa")
def cli() -> None:
    """Ask an archive in plain words; get ranked, verbatim excerpts with exact citations."""


for _command in (
    index.status,
    index.rollback,
    index.check,
    index.doctor,
    index.purge,
    index.watch,
    keys.keys,
    judged_group,
    cite,
    verify,
):
    cli.add_command(_command)


@cli.command()
@index.paths_argument
@index_option
@index.model_option
@click.option("--strict", is_flag=True, help="Fail when a file cannot be read.")
@click.option("--download", is_flag=True, help="Allow the download of a model that is not here.")
@index.workers_option
@click.option("--gate", is_flag=True, help="Go live only if the gates of eval/gates.toml hold.")
@click.option("--judged", metavar="DATASET", help="Refine the calibration with these questions.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def build(
    paths: tuple[Path, ...],
    index: str | None,
    model: str | None,
    strict: bool,
    download: bool,
    workers: str | None,
    gate: bool,
    judged: str | None,
    as_json: bool,
) -> None:
    """Make the index hold exactly what each PATH holds. Default: seeds.

    Only what changed is embedded again. A file that cannot be read is named and skipped.
    """
    from qa.engine import Engine

    settings = Settings.load(flags={"index": index, "model": model, "workers": workers})
    with shown() as progress:
        report = Engine.build(
            paths or SEEDS,
            settings,
            strict=strict,
            allow_download=download,
            progress=progress,
            accept=_gates(settings, progress) if gate else None,
            judge=judge_of(settings, paths or SEEDS, dataset=judged, progress=progress),
        )
    if as_json:
        terminal.print_json(asdict(report))
    else:
        terminal.show_report(report, settings.index)


@cli.command()
@click.argument("question")
@click.option("-k", type=int, default=5, show_default=True, help="The most excerpts, 1 to 50.")
@index_option
@click.option("--json", "as_json", is_flag=True, help="Print the body that /v1/ask returns.")
@click.option("--source", multiple=True, metavar="GLOB", help="Only matching sources; repeatable.")
@click.option("--from", "published_from", metavar="DATE", help="Only documents from 2019-11 on.")
@click.option("--to", "published_to", metavar="DATE", help="Only documents up to 2019-11-30.")
@click.option(
    "--where",
    multiple=True,
    metavar="NAME=VALUE",
    help='Only documents with this facet, as "author=Ann Lee" or "year>=1990"; repeatable.',
)
def ask(
    question: str,
    k: int,
    index: str | None,
    as_json: bool,
    source: tuple[str, ...],
    published_from: str | None,
    published_to: str | None,
    where: tuple[str, ...],
) -> None:
    """Answer QUESTION with cited excerpts; "-" reads the question from standard input."""
    from qa.engine import Engine
    from qa.facets import typed
    from qa.present.citations import base_address
    from qa.records import Filters, Question

    settings = Settings.load(flags={"index": index})
    text = _read_question() if question == "-" else question
    filters = Filters(source, published_from, published_to, typed(where))
    engine = Engine.open(settings.index, max_wrong=settings.max_wrong, reading=settings.reading)
    _warn_of(engine.fault)
    answer = engine.ask(Question(text, k=k, filters=filters))
    base = base_address(settings)
    if as_json:
        from qa.present.wire import answer_body  # the shapes: nothing else here needs pydantic

        terminal.print_json(answer_body(answer, base))
    else:
        terminal.show_answer(answer, base, colour=_colour(), filtered=bool(filters))


@cli.command()
@click.option("--host", help="Address to listen on. Default: 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one. Default: 8000.")
@index_option
def serve(host: str | None, port: int | None, index: str | None) -> None:
    """Serve the page and the HTTP interface until interrupted."""
    from qa.cli.serve import serve as run

    settings = Settings.load(flags={"host": host, "port": port, "index": index})
    run(settings, announce=partial(_announce, settings.index))


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one. Default: 8000.")
@click.option("--index", metavar="DIR", help="Folder of the index. Default: one of FOLDER's own.")
@index.model_option
@index.every_option
@click.option("--no-browser", is_flag=True, help="Open no browser.")
def up(
    folder: Path,
    port: int | None,
    index: str | None,
    model: str | None,
    every: float,
    no_browser: bool,
) -> int:
    """Build FOLDER, serve it, follow it, and open the page in a browser. Ctrl+C stops.

    Its index lies among this user's data, at the same place each time.
    """
    from qa.cli.up import own_index
    from qa.cli.up import up as run

    place = index or str(own_index(folder))
    settings = Settings.load(flags={"port": port, "index": place, "model": model})
    announce = partial(_announce, place)
    return run(
        folder, settings, model=model, every=every, browser=not no_browser, announce=announce
    )


def _announce(index: str, engine: Engine, address: str) -> None:
    """Say what is served, and where."""
    _warn_of(engine.fault)
    info = engine.info
    passages = terminal.counted(info.passages, "passage")
    documents = terminal.counted(info.documents, "document")
    click.echo(f"Serving {passages} of {documents} from {index} at {address} (Ctrl+C stops)")


@cli.command()
@index_option
def mcp(index: str | None) -> None:
    """Offer the archive as tools to a client of the Model Context Protocol, which starts this command.

    Standard input and output carry the protocol and nothing else.
    """
    from qa.engine import Engine
    from qa.mcp.stdio import serve_stdio
    from qa.present.citations import base_address
    from qa.service.slot import EngineSlot

    settings = Settings.load(flags={"index": index})
    engine = Engine.open(settings.index, max_wrong=settings.max_wrong, reading=settings.reading)
    _warn_of(engine.fault)
    slot = EngineSlot(
        settings.index, engine, max_wrong=settings.max_wrong, reading=settings.reading
    )
    serve_stdio(slot, base_address(settings))


@cli.command("eval")
@click.argument("dataset", default="eval/seeds")
@index_option
@click.option(
    "--queries", metavar="FILE", help="Take the questions of FILE, which has the same ids."
)
@click.option("--json", "json_file", metavar="FILE", help="Write all figures as JSON.")
@click.option(
    "--against", multiple=True, metavar="FILE", help="Compare with an earlier --json; repeatable."
)
@click.option("--report", metavar="FILE", help="Write a page with every question's outcome.")
@click.option("--markdown", metavar="FILE", help="Write a summary for a comment on a change.")
@click.option("--run", "run_file", metavar="FILE", help="Write what was found as a TREC run.")
@click.option("--run-from", metavar="FILE", help="Judge this TREC run, and compare it with ours.")
@click.option(
    "--measures",
    multiple=True,
    metavar="LIST",
    help='Measure these too, such as "Success@20 nDCG@100".',
)
@click.option("--no-history", is_flag=True, help="Ask each question without the earlier ones.")
@click.option("--gate", "gates", multiple=True, metavar="GATE", help='Such as "Success@5 >= 0.9".')
def evaluate(
    dataset: str,
    index: str | None,
    queries: str | None,
    json_file: str | None,
    against: tuple[str, ...],
    report: str | None,
    markdown: str | None,
    run_file: str | None,
    run_from: str | None,
    measures: tuple[str, ...],
    no_history: bool,
    gates: tuple[str, ...],
) -> None:
    """Measure the answers on a judged DATASET. Default: eval/seeds."""
    from qa.evaluate.command import run_eval

    settings = Settings.load(flags={"index": index})
    status = run_eval(
        dataset=dataset,
        index=index,
        queries=queries,
        json_file=json_file,
        against=against,
        report=report,
        markdown=markdown,
        run=run_file,
        run_from=run_from,
        measures=[name for names in measures for name in names.replace(",", " ").split()],
        history=not no_history,
        gates=gates,
        settings=settings,
        progress=shown(),
    )
    click.get_current_context().exit(status)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit; an error is one line on standard error."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    try:
        status = cli.main(arguments, prog_name="qa", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if switched_on("QA_DEBUG"):
            traceback.print_exc()
        message, status = _explained(error)
        terminal.complain(message)
        return status


def _explained(error: Exception) -> tuple[str, int]:
    """Return the message for an error, and the exit status."""
    if isinstance(error, QaError):
        return error.message, error.exit_status
    if isinstance(error, ModuleNotFoundError) and not (error.name or "qa").startswith("qa"):
        return f"this installation lacks {error.name}: pip install cited-qa brings it", WRONG_CALL
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "qa"
        return f"{error.format_message().rstrip('.')} (see {command} --help)", WRONG_CALL
    if isinstance(error, OSError) and error.errno is not None:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}", WRONG_CALL
    what = f"{type(error).__name__}: {error}"
    return f"a fault of this program: {what}; QA_DEBUG=1 shows where", FAULT_OF_OURS


def _warn_of(fault: str | None) -> None:
    if fault:
        terminal.complain(f"an older generation is used: {fault}")


def _gates(settings: Settings, progress: Progress) -> Accept:
    from qa.evaluate.gates import GATES_FILE, acceptance, read_gates

    return acceptance(read_gates(GATES_FILE), settings, progress=progress)


def _read_question() -> str:
    try:
        return sys.stdin.read(_MOST_READ).strip("\r\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"the question on standard input is not text: {error.reason}") from error


def _colour() -> bool:
    """Whether answers are coloured: in a terminal, unless NO_COLOR is set."""
    return sys.stdout.isatty() and not switched_on("NO_COLOR")
