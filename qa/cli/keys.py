"""The commands about who may ask: API keys, and the sessions of browsers."""

from __future__ import annotations

from dataclasses import asdict

import click

from qa.cli import terminal
from qa.service.keys import SCOPES, Keyring
from qa.service.sessions import Sessions
from qa.settings import Settings


@click.group(no_args_is_help=False)
def keys() -> None:
    """Make, list and revoke the API keys of the service."""


@keys.command("make")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default=SCOPES[0],
    show_default=True,
    help="What the key may do; admin includes ask.",
)
def make_key(name: str, scope: str) -> None:
    """Make a key and print it, this once. NAME says whose it is."""
    keyring, sessions = _kept()
    first = sessions.make_secret()
    key, token = keyring.make(name, scope)
    click.echo(token)
    click.echo(f"Key {key.id} of {key.name} may {key.scope}; it is not shown again.", err=True)
    if first:
        click.echo(f"{sessions.path} signs the sessions of browsers: keep it secret.", err=True)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the keys as JSON.")
def list_keys(as_json: bool) -> None:
    """List the keys, revoked ones too. The secret part of a key is not stored."""
    keyring, sessions = _kept()
    entries = keyring.entries()
    if as_json:
        shown = [{k: v for k, v in asdict(key).items() if k != "sha256"} for key in entries]
        terminal.print_json(shown)
    else:
        terminal.show_keys(entries)
    if entries and (fault := sessions.fault()):
        click.echo(f"No browser can sign in: {fault}.", err=True)


@keys.command("revoke")
@click.argument("id")
def revoke_key(id: str) -> None:
    """Refuse the key ID, and sessions begun with it, from now on, also in a running service."""
    keyring, _ = _kept()
    key = keyring.revoke(id)
    click.echo(f"Key {key.id} of {key.name} is revoked.")


@keys.command("end-sessions")
def end_sessions() -> None:
    """End every browser's session by making a new secret; keys stay as they are."""
    _, sessions = _kept()
    sessions.end_all()
    click.echo(
        f"Every session has ended; {sessions.path} is new, and signs the sessions from now on."
    )


def _kept() -> tuple[Keyring, Sessions]:
    settings = Settings.load()
    seconds = 3600 * settings.session_hours
    return Keyring(settings.keys_file), Sessions(settings.keys_file, seconds=seconds)
