"""The commands that print a citation, and check a printed one."""

from __future__ import annotations

import click

from qa.cli.index import index_option, json_option
from qa.settings import Settings


@click.command()
@click.argument("id")
@click.option(
    "--style",
    default="chicago",
    show_default=True,
    metavar="STYLE",
    help="chicago, apa, exact, bibtex, ris or csl-json.",
)
@index_option
def cite(id: str, style: str, index: str | None) -> None:
    """Print a citation as a footnote, or for a reference manager.

    ID is the id of a citation, or the address that opens it, as qa ask prints both.
    """
    from qa.engine import Engine
    from qa.present.citations import base_address
    from qa.present.citing import style_named
    from qa.text.printable import encodable

    form = style_named(style)
    settings = Settings.load(flags={"index": index})
    cited = Engine.open(settings.index, reading="off").cite(id)
    click.echo(encodable(form.write(cited, base_address(settings))).rstrip("\r\n"))


DOES_NOT_HOLD = 3


@click.command()
@click.argument("quotation")
@click.argument("footnote", required=False)
@click.option(
    "--source", metavar="PATH", help="the document's path or name, instead of a footnote."
)
@click.option("--title", metavar="TITLE", help="the document's title, instead of a footnote.")
@index_option
@json_option
def verify(
    quotation: str,
    footnote: str | None,
    source: str | None,
    title: str | None,
    index: str | None,
    as_json: bool,
) -> int:
    """Check that the archive still has a QUOTATION word for word, where its printed FOOTNOTE says.

    The exit status is 3 if it does not.
    """
    from qa.cli import terminal
    from qa.engine import Engine
    from qa.errors import UsageError
    from qa.present.citations import base_address, citation_line, view_address
    from qa.present.wire import citation_body
    from qa.text.printable import printable

    if [footnote, source, title].count(None) != 2:
        raise UsageError("name the place of the quotation: a FOOTNOTE, or --source, or --title")
    settings = Settings.load(flags={"index": index})
    engine = Engine.open(settings.index, reading="off")
    if footnote is not None:
        found = engine.verify_footnote(quotation, footnote)
    else:
        found = engine.verify_printed(quotation, source=source or "", title=title or "")
    base = base_address(settings)
    if as_json:
        cited = citation_body(found.citation, base) if found.citation else None
        terminal.print_json({"holds": found.holds, "reason": found.reason, "citation": cited})
    else:
        said = "Holds" if found.holds else "Does not hold"
        lines = [f"{said}: {found.reason}" if found.reason else f"{said}, word for word."]
        if found.citation:
            lines += [citation_line(found.citation), view_address(found.citation, base)]
        click.echo(printable("\n".join(lines)))
    return 0 if found.holds else DOES_NOT_HOLD
