"""The tools behind the official package's server; the same server for both ways in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from mcp import MCPError, types
from mcp.server.lowlevel import Server

from qa import __version__
from qa.errors import QaError
from qa.mcp.tools import INSTRUCTIONS, TOOLS, Access
from qa.service.redact import redacted, told_in_log

log = logging.getLogger("qa.mcp")

Reach = Callable[[Any], Access]
"""Gives a call its access to the archive; its argument is the HTTP request, or None."""

_BY_NAME = {tool.name: tool for tool in TOOLS}
_LISTED = [
    types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input,
        output_schema=dict(tool.output),
        annotations=types.ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )
    for tool in TOOLS
]
_SCHEMAS = {tool.name: tool.input_schema for tool in _LISTED}


class _PlacesOnly(logging.Handler):
    """Logs where the official package reported a fault, but not its message, which clients wrote."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        traceback = f"\n{told_in_log(error)}" if error else ""
        place = f"{record.module}.py:{record.lineno}"
        log.log(record.levelno, "mcp complains at %s%s", place, traceback)


_PLACES_ONLY = _PlacesOnly()


def _quiet_package() -> None:
    """Stop the package from logging messages, arguments and exceptions unchanged."""
    package = logging.getLogger("mcp")
    package.setLevel(logging.WARNING)
    package.propagate = False
    package.addHandler(_PLACES_ONLY)  # once, however often


def make_server(reach: Reach) -> Server[Any]:
    """Return a server of the tools. It holds nothing between calls."""
    _quiet_package()

    async def list_tools(*_: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=_LISTED)

    async def call_tool(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = _BY_NAME.get(params.name)
        if tool is None:
            message = f"there is no such tool: {', '.join(_BY_NAME)} are there"
            raise MCPError(code=types.INVALID_PARAMS, message=message)
        access = reach(context.request)
        try:
            reply = await tool.call(access, params.arguments or {})
        except QaError as error:
            return _failed(access.told(error.message))
        except Exception as error:
            # Caught here, because the package would send the exception's own words to the client.
            traceback = told_in_log(error, whole=access.log_questions)
            log.error("the tool %s failed\n%s", tool.name, traceback)
            return _failed("an unexpected fault: the operator finds it in the log")
        return types.CallToolResult(content=[_text(reply.text)], structured_content=reply.body)

    return Server(
        "cited-qa",
        version=__version__,
        title="cited-qa",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=_SCHEMAS.get,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _text(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)


def _failed(message: str) -> types.CallToolResult:
    """Return an error that the model reads, so that it can correct its call. Keys are removed."""
    return types.CallToolResult(content=[_text(redacted(message))], is_error=True)
