"""The output in a terminal: progress on standard error, answers on standard output.

Text from documents is data here too: control characters, which could move the cursor or
rename the window, are shown as U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from qa.present.citations import citation_line, original_address, view_address
from qa.present.shown import lead, note_lines, pieces, shown, verdict_line, words_of
from qa.text.printable import in_line, printable

if TYPE_CHECKING:
    from qa.build.builder import BuildReport
    from qa.build.upkeep import Status
    from qa.cli.doctor import Finding
    from qa.corpus.reading import Skipped
    from qa.judging.judgement import Judgement
    from qa.present.shown import Lead
    from qa.records import Answer, Citation, Highlight, Result, ShortAnswer
    from qa.service.keys import Key
    from qa.store import Checked, PurgeReport


def counted(number: int, thing: str) -> str:
    """Return "1 file" or "1,204 files"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def print_json(value: object) -> None:
    """Print one JSON value."""
    from qa.present.wire import json_bytes

    click.echo(json_bytes(value))


def complain(message: str) -> None:
    """Print a line on standard error."""
    line = " ".join(printable(message).split())
    click.echo(f"qa: {line}", err=True)


# --- keys ---------------------------------------------------------------------------------------


def show_keys(keys: Sequence[Key]) -> None:
    """Print a line for each key."""
    if not keys:
        click.echo(
            "There is no key: the service answers everybody on this machine, and no one else."
        )
    for key in keys:
        state = f"revoked {key.revoked[:10]}" if key.revoked else key.scope
        click.echo(f"{key.id}  {key.created[:10]}  {state:18}  {printable(key.name)}")


# --- what people judged -------------------------------------------------------------------------


def show_judgements(judgements: Sequence[Judgement]) -> None:
    """Print a line for each judgement."""
    if not judgements:
        click.echo("Nobody has judged an answer yet.")
    for one in judgements:
        place = (
            f"{one.judged.source}, characters {one.place[0]}-{one.place[1]}" if one.judged else "-"
        )
        line = f"{one.id}  {one.time[:10]}  {one.kind:8}  {one.searched}  ({place})"
        click.echo(printable(in_line(line)))


# --- an answer ----------------------------------------------------------------------------------


def show_answer(answer: Answer, base: str, *, colour: bool, filtered: bool = False) -> None:
    """Print the verdict, the short answer, and the excerpts, each with its citation.

    ``filtered`` says whether the question had filters.
    """
    results, verdict, short = shown(answer), verdict_line(answer, filtered=filtered), lead(answer)
    notes = note_lines(answer, searched_shown=False)
    told = "\n".join([*([verdict] if verdict else []), *(_dim(note) for note in notes)])
    blocks = [told, *([_lead(short)] if short else [])]
    blocks += [_result(result, words_of(answer, result), base) for result in results]
    if kept_back := len(answer.results) - len(results):
        blocks.append(_dim(f"{counted(kept_back, 'more passage')} with --json."))
    left_out = answer.filtered_out_undated
    if left_out:
        undated = counted(left_out, "document")
        blocks.append(f"{undated} without a date left out by the date filter.")
    click.echo("\n\n".join(blocks), color=colour)


def _dim(line: str) -> str:
    return click.style(printable(line), dim=True)


def _answering(words: str) -> str:
    """Return the words that answer, made visible within a marked sentence too."""
    return click.style(printable(words), fg="yellow", bold=True, underline=True)


def _lead(short: Lead) -> str:
    before, after = (printable(text) for text in short.around)
    number = click.style(f"[{short.result.rank}]", fg="cyan", bold=True)
    return f"“{before}{_answering(short.words)}{after}” {number}"


def _result(result: Result, words: ShortAnswer | None, base: str) -> str:
    lines = [
        click.style(f"{result.rank}.", fg="cyan", bold=True)
        + " "
        + _marked(result.excerpt, result.highlights, words),
        *(_cited("   ", citation, base) for citation in [result.citation]),
        *(_cited("   also: ", citation, base) for citation in result.also),
    ]
    return "\n".join(lines)


def _cited(indent: str, citation: Citation, base: str) -> str:
    lines = [f"{indent}{printable(citation_line(citation))}", f"   {view_address(citation, base)}"]
    if original := original_address(citation):
        lines.append(f"   original: {printable(original)}")
    return click.style("\n".join(lines), dim=True)


def _marked(excerpt: str, highlights: Sequence[Highlight], words: ShortAnswer | None) -> str:
    """Return an excerpt with its marks: the sentence in bold, or lightly with the words that answer."""
    return "".join(
        _answering(text)
        if mark == "answer"
        else click.style(printable(text), fg="yellow", bold=None if words else True)
        if mark == "sentence"
        else printable(text)
        for text, mark in pieces(excerpt, highlights, words)
    )


# --- a build ------------------------------------------------------------------------------------


def show_report(report: BuildReport, index: str) -> None:
    """Print what a build did."""
    done = "Indexed" if report.changed else "Nothing has changed:"
    lines = [
        f"{done} {counted(report.documents, 'document')}, {counted(report.passages, 'passage')} "
        f"in {index} (generation {report.generation}), {report.seconds:.1f} s",
        f"  newly embedded: {counted(report.embedded, 'passage')}",
        f"  left out as boilerplate: {counted(report.furniture_lines, 'line')}",
        f"  skipped: {counted(len(report.skipped), 'file')}",
        *_skipped(report.skipped),
        *(
            [f"  read whole, with a remark: {counted(len(report.told), 'file')}"]
            if report.told
            else []
        ),
        *_skipped(report.told),
    ]
    if not report.calibrated:
        lines.append(
            '  not calibrated: the texts are too few or too uniform, so every verdict is "unsure"'
        )
    click.echo(printable("\n".join(lines)))


def _skipped(skipped: Sequence[Skipped]) -> Iterator[str]:
    """Yield a line for each file, and one line for more than ten files with the same reason."""
    sources: dict[str, list[str]] = {}
    for one in skipped:
        sources.setdefault(one.reason, []).append(one.source)
    for reason, alike in sources.items():
        yield from (f"    {in_line(source)}: {reason}" for source in alike[:_SHOWN])
        if len(alike) > _SHOWN:
            more = counted(len(alike) - _SHOWN, "more file")
            yield f"    {more}: {reason} (qa build --json names each)"
    from qa.corpus.readers import IMAGES

    if not sources.keys().isdisjoint(f"no reader for {ending}" for ending in IMAGES):
        yield "    The words of a picture are read with OCR: set ocr = tesseract."


_SHOWN = 10


def show_status(status: Status) -> None:
    """Print the generations of an index, and what a build would change."""
    lines = [f"{status.index}: {size(status.bytes)}"]
    for one in status.generations:
        mark = "*" if one.live else " "
        if one.fault is not None:
            lines.append(f"{mark} {one.name}  {size(one.bytes)}  cannot be served: {one.fault}")
            continue
        held = [counted(one.documents or 0, "document"), counted(one.passages or 0, "passage")]
        hidden = [f"{one.hidden:,} removed since"] if one.hidden else []
        lines.append(
            f"{mark} {one.name}  {size(one.bytes)}  {', '.join(held + hidden)}  {one.model}"
        )
        if one.live and one.facets:
            lines.append(f"    facets for --where: {in_line(', '.join(one.facets))}")
    where = ", ".join(status.paths) or "the folder that it was built from"
    if status.changes is None:
        lines.append(f"What a build would change is unknown: name {where}")
    elif not status.changes:
        lines.append(f"A build of {where} would change nothing.")
    else:
        lines.append(f"A build of {where} would change:")
        for word in ("added", "changed", "removed"):
            sources = getattr(status.changes, word)
            shown = [*sources[:_SHOWN], *(["…"] if len(sources) > _SHOWN else [])]
            lines += [f"  {word}: {len(sources):,}", *(f"    {source}" for source in shown)]
    holding = ", ".join(status.confinement.held) or "nothing"
    lines.append(f"The kernel confines the readers' process: {holding}.")
    lines += [f"  not held: {reason}" for reason in status.confinement.missing]
    click.echo(printable("\n".join(lines)))


def show_purge(report: PurgeReport) -> None:
    """Print what a purge did."""
    lines = [
        *(f"Purged {source}" for source in report.purged),
        f"  generation {report.generation} is live",
        *(f"  deleted generation {name}" for name in report.generations_removed),
        *(f"  the same text stays as {source}" for source in report.copies),
        *([f"  {report.beyond}"] if report.beyond else []),
        "If a purged file is still in its folder, delete it: the next build would add it again.",
    ]
    click.echo(printable("\n".join(lines)))


def show_check(report: Checked, index: str) -> None:
    """Print what a check found, one line for each fault."""
    lines = [f"{fault.where}: {fault.what}" for fault in report.faults]
    looked_at = (
        f"{counted(report.generations, 'generation')}, {counted(report.documents, 'document')}, "
        f"{counted(report.passages, 'passage')}"
    )
    lines.append(
        f"{index}: {counted(len(lines), 'fault')} ({looked_at} checked): run qa build again"
        if lines
        else f"{index} holds: {looked_at}"
    )
    click.echo(printable("\n".join(lines)))


def show_findings(findings: Sequence[Finding]) -> None:
    """Print a line for each thing that was looked at."""
    for one in findings:
        mend = f": {one.mend}" if one.mend else ""
        click.echo(printable(f"{one.state:4}  {one.what}: {one.told}{mend}"))


def size(number: int) -> str:
    """Return a size for people: "12.3 MB"."""
    return f"{number / 1e6:,.1f} MB"
