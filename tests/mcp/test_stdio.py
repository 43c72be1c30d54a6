"""``qa mcp``: the tools over standard input and output, in a process that the client starts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

from tests.archive import ARCHIVE
from tests.conftest import ROOT, Build
from tests.mcp.conftest import COMMAND, command, talk

pytestmark = pytest.mark.slow

INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}},
}  # fmt: skip


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_official_client_searches_fetches_and_asks(index: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        assert client.server_info.name == "cited-qa"
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["search", "fetch", "ask"]
        found: Any = await client.call_tool("search", {"query": "What do owls hunt at dusk?"})
        assert json.loads(found.content[0].text) == found.structured_content
        first = found.structured_content["results"][0]
        assert first["url"].startswith("http://127.0.0.1:8000/v1/documents/")
        opened: Any = await client.call_tool("fetch", {"id": first["id"]})
        about = opened.structured_content["metadata"]
        text, _ = ARCHIVE[about["source"]]
        assert opened.structured_content["text"] == text
        assert text[about["start"] : about["end"]] == about["excerpt"]
        answer: Any = await client.call_tool(
            "ask", {"question": "Wie hoch ist die Gebühr für ein Boot? 😀"}
        )
        assert answer.structured_content["question"].endswith("Boot? 😀")
        wrong: Any = await client.call_tool("fetch", {"id": "nope"})
        assert wrong.is_error and "not the id of a place" in wrong.content[0].text
        with pytest.raises(MCPError, match="no such tool"):
            await client.call_tool("nope", {})

    talk(command(index), conversation, mode)


def test_a_generation_that_comes_later_answers_the_next_call(
    archive: Path, tmp_path: Path, build: Build
) -> None:
    texts, index = Path(shutil.copytree(archive, tmp_path / "texts")), tmp_path / "index"
    build(texts, index)

    async def conversation(client: Client) -> None:
        async def found(words: str) -> list[str]:
            answer: Any = await client.call_tool("search", {"query": words})
            return [one["title"] for one in answer.structured_content["results"]]

        assert "badgers.txt" not in str(await found("Where do badgers sleep?"))
        (texts / "badgers.txt").write_text("Badgers sleep in a sett below the old orchard wall.\n")
        build(texts, index)
        assert "badgers.txt" in str(await found("Where do badgers sleep?"))

    talk(command(index), conversation)


def start(*arguments: str, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", before + COMMAND, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("QA_")},
    )  # fmt: skip


def send(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def test_standard_output_carries_the_protocol_alone_and_its_end_is_the_end(index: Path) -> None:
    with start("mcp", "--index", str(index)) as process:
        assert process.stdout is not None
        send(process, json.dumps(INITIALIZE))
        first = json.loads(process.stdout.readline())
        assert (first["id"], first["result"]["serverInfo"]["name"]) == (1, "cited-qa")
        send(process, "no message at all")
        send(process, '{"jsonrpc": "2.0", "id": 2, "method": "ping"}')
        answers = [json.loads(process.stdout.readline())]
        if answers[0].get("id") != 2:  # what was no message may be answered too
            answers.append(json.loads(process.stdout.readline()))
        assert (answers[-1]["id"], answers[-1]["result"]) == (2, {})
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_quietly(index: Path, number: int) -> None:
    with start("mcp", "--index", str(index)) as process:
        assert process.stdout and process.stderr
        send(process, json.dumps(INITIALIZE))
        assert json.loads(process.stdout.readline())["id"] == 1
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


# Any thread may be the one that takes a signal; the main one is not woken by that.
SIGNALLED_ELSEWHERE = """
import signal, threading, time
def signal_this_thread():
    while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        time.sleep(0.01)
    time.sleep(1)  # the main thread waits for a message by now
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
threading.Thread(target=signal_this_thread, daemon=True).start()
"""


def test_a_signal_that_another_thread_takes_ends_it_too(index: Path) -> None:
    with start("mcp", "--index", str(index), before=SIGNALLED_ELSEWHERE) as process:
        try:
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def test_without_an_index_it_says_so_and_exits_with_3(tmp_path: Path) -> None:
    with start("mcp", "--index", str(tmp_path / "none")) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (3, "")
    assert err.startswith("qa: ") and "holds no index yet" in err and err.count("\n") == 1
