"""The command that prints a citation."""

from __future__ import annotations

import click

from qa.cli.index import index_option
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
