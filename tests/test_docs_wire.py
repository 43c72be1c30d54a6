"""The set-ups in ``docs/openai.md`` and ``docs/mcp.md`` work as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from mcp import Client, StdioServerParameters
from openai import OpenAI

from qa.api import create_app
from qa.cli.commands import cli
from qa.engine import Engine
from qa.present.chat import ChatError, check_wanted
from qa.settings import Settings
from tests.api.keyed import Keyed
from tests.api.servers import running
from tests.conftest import ROOT
from tests.mcp.conftest import COMMAND, over_http, talk

pytestmark = pytest.mark.slow


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def address(index: Path, engine: Engine) -> Iterator[str]:
    with running(create_app(index=index, settings=Settings(), engine=engine)) as (_, (host, port)):
        yield f"{host}:{port}"


@pytest.fixture
def keyed(tmp_path: Path, index: Path, engine: Engine) -> Iterator[tuple[str, str]]:
    """Address and key of a service that asks for one."""
    keyed = Keyed(tmp_path, index, engine)
    with running(keyed.app) as (_, (host, port)):
        yield f"{host}:{port}", keyed.tokens["ask"]


@pytest.mark.parametrize("page", ["openai.md", "mcp.md"])
def test_the_programs_run(page: str, address: str) -> None:
    programs = blocks(page, "python")
    assert programs
    for program in programs:
        assert "localhost:8000" in program
        code = program.replace("localhost:8000", address)
        # The documents of the test have other dates and words than those of the sample archive.
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert re.search(
            r"^(The archive|Closest passages|Searched for: |> |\[|“|letters|\S.* http://)",
            done.stdout,
        )
        assert f"http://{address}/v1/documents/" in done.stdout


def test_a_front_end_in_a_container_finds_the_archive(keyed: tuple[str, str]) -> None:
    address, key = keyed
    [service] = blocks("openai.md", "sh")
    given = dict(line.split("=", 1) for line in blocks("openai.md", "ini")[0].splitlines())
    base = given["OPENAI_API_BASE_URL"].replace("host.docker.internal:8000", address)
    assert given["OPENAI_API_KEY"] == "KEY"
    with OpenAI(base_url=base, api_key=key) as client:
        assert [model.id for model in client.models.list()] == ["cited-qa"]

    config = yaml.safe_load(blocks("openai.md", "yaml")[0])
    [endpoint] = config["endpoints"]["custom"]
    assert endpoint["apiKey"] == "${ARCHIVE_KEY}"
    base = endpoint["baseURL"].replace("host.docker.internal:8000", address)
    with OpenAI(base_url=base, api_key=key) as client:
        [model] = endpoint["models"]["default"]
        assert (
            client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "owls"}]
            )
            .choices[0]
            .message.annotations
        )

    # What stands there is a command, an option or a setting of ours.
    for line in service.splitlines():
        words = shlex.split(line)
        settings = [word for word in words if word.startswith("QA_")]
        assert all(hasattr(Settings(), word.partition("=")[0][3:].lower()) for word in settings)
        assert words[len(settings)] == "qa"
        command, *rest = words[len(settings) + 1 :]
        assert CliRunner().invoke(cli, [command, "--help"]).exit_code == 0
        assert not rest or rest[0] in ("make", "--host")


def test_what_is_said_to_be_refused_is_refused() -> None:
    text = " ".join((ROOT / "docs" / "openai.md").read_text("utf-8").split())
    assert (
        "`n` above 1, a `tool_choice` other than `none` and `auto`, and a `response_format` other"
        in text
    )
    for n, choice, form in (
        (2, None, None),
        (1, "required", None),
        (1, None, {"type": "json_object"}),
    ):
        with pytest.raises(ChatError):
            check_wanted(n=n, tool_choice=choice, response_format=form)
    check_wanted(n=1, tool_choice="none", response_format=None)


def test_the_settings_of_a_desktop_client_start_the_tools(index: Path) -> None:
    local, _ = blocks("mcp.md", "json")
    [server] = json.loads(local)["mcpServers"].values()
    assert server["command"] == "qa"
    arguments = [part.replace("/path/to/index/default", str(index)) for part in server["args"]]
    # In the place of the command stands one that knows the encoder of the tests.
    started = StdioServerParameters(
        command=sys.executable, args=["-c", COMMAND, *arguments], cwd=str(ROOT)
    )

    async def conversation(client: Client) -> Any:
        return [tool.name for tool in (await client.list_tools()).tools]

    told = re.findall(
        r"^\| `(\w+)` \|", (ROOT / "docs" / "mcp.md").read_text("utf-8"), re.MULTILINE
    )
    assert talk(started, conversation) == told == ["search", "fetch", "ask"]


def test_the_settings_of_a_client_elsewhere_open_the_tools(keyed: tuple[str, str]) -> None:
    address, key = keyed
    _, remote = blocks("mcp.md", "json")
    [server] = json.loads(remote.replace("localhost:8000", address).replace("KEY", key))[
        "mcpServers"
    ].values()
    assert server["type"] == "http"

    async def conversation(client: Client) -> Any:
        return await client.call_tool("search", {"query": "owls"})

    found = talk(over_http(server["url"], server["headers"]), conversation)
    assert found.structured_content["results"]
