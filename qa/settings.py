"""Every setting, in one table; built once at the edge and handed down.

A value comes from the command line, else from the environment (QA_ and the name in capitals),
else from the file that QA_CONFIG names or ``qa.toml`` in the working folder, else it is the
default. Nothing else in the project reads the environment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from qa.errors import UsageError
from qa.text.analysis import LANGUAGES


def _setting(default: Any, help: str, *, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; see each one's ``help``."""

    index: str = _setting("index/default", "folder of the index")
    model: str = _setting(
        "all-MiniLM-L6-v2",
        "sentence-transformers model: the default one, a folder, or ORGANISATION/NAME; or a folder "
        "with an exported model, as `models/` of an index has",
    )
    question_prompt: str = _setting(
        "auto",
        "text before each question that the model reads, such as `query: `; `auto`: what the model's "
        "configuration says; empty: none",
    )
    passage_prompt: str = _setting("auto", "the same before each passage")
    precision: str = _setting("int8", "arithmetic of the exported model", choices=("fp32", "int8"))
    language: str = _setting(
        "en", "language of the archive, for stemming and sentences", choices=LANGUAGES
    )
    passage_chars: int = _setting(700, "characters that a passage may have, 200 to 1,200")
    overlap: int = _setting(0, "sentences that a passage repeats of the one before it")
    max_file_bytes: int = _setting(32_000_000, "larger files are skipped")
    max_archive_bytes: int = _setting(
        4_000_000_000, "larger archives and tables are skipped, and what an archive holds beyond it"
    )
    archive_files: int = _setting(100_000, "files that are read of an archive")
    reader_seconds: int = _setting(60, "processor time that reading a document may take")
    reader_memory_bytes: int = _setting(1_000_000_000, "memory that reading a file may take")
    reader_output_bytes: int = _setting(100_000_000, "a document whose text is larger is skipped")
    reader_confinement: str = _setting(
        "best",
        "`kernel`: a build ends where the kernel does not hold all of the readers' process",
        choices=("best", "kernel"),
    )
    row_text: str = _setting(
        "text,body,content", "column of a table that holds a row's text: the first that there is"
    )
    row_title: str = _setting("title,headline,name", "column of a row's title")
    row_date: str = _setting("date,published", "column of a row's date of publication")
    row_url: str = _setting("url,link", "column of a row's web address")
    row_id: str = _setting("id,_id", "column that names a row in its source")
    row_author: str = _setting("author,creator", "column of a row's author")
    encodings: str = _setting(
        "",
        "encodings of files that are not in UTF-8, by glob: `letters/*.txt=cp850, *.csv=cp1252`; "
        "those of other files are told by their bytes",
    )
    generations_kept: int = _setting(3, "generations kept on the disk, the live one included")
    max_wrong: int = _setting(
        20, "of a hundred answers given as answers, how many may be wrong, 0 to 100"
    )
    reading: str = _setting(
        "fast",
        "how much of the first results is read beside the question: `off`, `fast` or `thorough`",
        choices=("off", "fast", "thorough"),
    )
    host: str = _setting("127.0.0.1", "address that the service listens on")
    port: int = _setting(8000, "port that the service listens on")
    public_url: str = _setting(
        "", "address under which others reach the service, for citation links behind a proxy"
    )
    max_body_bytes: int = _setting(1_000_000, "a request with a larger body is refused")
    keys_file: str = _setting("index/keys.json", "file of the API keys that `qa keys` makes")
    session_hours: int = _setting(720, "hours after which a browser has to hand in its key again")
    requests_per_minute: int = _setting(
        600, "requests that a key, or an address without one, may make in a minute; 0: any number"
    )
    concurrent_questions: int = _setting(
        8, "questions of a key, or an address without one, under way at once; 0: any number"
    )
    connections_per_address: int = _setting(
        100, "connections that an address (IPv6: each /64) may have at once; 0: any number"
    )
    queued_questions: int = _setting(64, "questions that wait while the processors are busy")
    question_seconds: int = _setting(30, "a question that takes longer is given up")
    body_seconds: int = _setting(10, "a request whose body takes longer to arrive is refused")
    drain_seconds: int = _setting(
        1, "how long a service that is asked to stop says so before it takes no more"
    )
    cors_origins: str = _setting(
        "", "origins whose pages may ask, such as `https://www.example.org`, separated by commas"
    )
    proxies: str = _setting(
        "127.0.0.1,::1", "addresses of proxies that are believed who asks, separated by commas"
    )
    open_webui_sources: str = _setting(
        "off",
        "`on`: streams carry sources as Open WebUI's own events instead of annotations",
        choices=("off", "on"),
    )
    log_questions: str = _setting(
        "off",
        "`on`: the log tells what an unforeseen failure says, which may quote a question",
        choices=("off", "on"),
    )
    datasets: str = _setting("", "folder of judged data sets that qa eval finds by name")

    @classmethod
    def load(
        cls, *, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
    ) -> Settings:
        """Build the settings. ``flags`` with the value None were not given.

        Raises UsageError for an unknown name in the file or a value of the wrong type.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, Any] = dict(_from_file(environment.get("QA_CONFIG")))
        for setting in fields(cls):
            given = environment.get(f"QA_{setting.name.upper()}")
            if given is not None:
                values[setting.name] = given
        values.update({k: v for k, v in (flags or {}).items() if v is not None})
        return cls(**{name: _checked(name, value) for name, value in values.items()})


def own_if_auto(value: str) -> str | None:
    """Return a setting, or None where the thing that is set up is to decide itself."""
    return None if value == "auto" else value


def data_folder() -> Path:
    """Return the folder of this user's data that belongs to this program (XDG base directories).

    Raises UsageError where the user has no home.
    """
    named = Path(os.environ.get("XDG_DATA_HOME") or "")
    if named.is_absolute():
        return named / "cited-qa"
    try:
        return Path.home() / ".local" / "share" / "cited-qa"
    except RuntimeError as error:
        raise UsageError(f"{error}: set HOME, or name a place with --index") from error


def switched_on(name: str) -> bool:
    """Whether a switch of the environment is on: NO_COLOR, or QA_DEBUG, which are no settings."""
    return bool(os.environ.get(name))


_FIELDS = {setting.name: setting for setting in fields(Settings)}
_RANGES = {
    "passage_chars": (200, 1200),
    "overlap": (0, 5),
    "max_file_bytes": (1, 1 << 40),
    "max_archive_bytes": (1, 1 << 44),
    "archive_files": (1, 10_000_000),
    "reader_seconds": (1, 3600),
    "reader_memory_bytes": (300_000_000, 1 << 40),
    "reader_output_bytes": (1_000_000, 1 << 32),
    "generations_kept": (1, 1000),
    "max_wrong": (0, 100),
    "port": (0, 65535),
    "max_body_bytes": (1000, 1 << 30),
    "session_hours": (1, 8760),
    "requests_per_minute": (0, 1_000_000),
    "concurrent_questions": (0, 10_000),
    "connections_per_address": (0, 10_000),
    "queued_questions": (0, 10_000),
    "question_seconds": (1, 3600),
    "body_seconds": (1, 3600),
    "drain_seconds": (0, 600),
}


def _from_file(named: str | None) -> Mapping[str, Any]:
    path = Path(named or "qa.toml")
    if not path.is_file():
        if named:
            raise UsageError(f"QA_CONFIG names {path}, which does not exist")
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"the settings file {path} cannot be read: {error}") from error
    unknown = sorted(set(values) - set(_FIELDS))
    if unknown:
        raise UsageError(f"{path} has no setting {unknown[0]!r}: one of {', '.join(_FIELDS)}")
    return values


def _checked(name: str, value: Any) -> Any:
    setting = _FIELDS[name]
    if isinstance(setting.default, int):
        try:
            value = int(str(value))
        except ValueError:
            raise UsageError(f"setting {name} is {value!r}: a whole number is wanted") from None
        low, high = _RANGES[name]
        if not low <= value <= high:
            raise UsageError(f"setting {name} is {value}: {low} to {high} is wanted")
        return value
    if not isinstance(value, str):
        raise UsageError(f"setting {name} is {value!r}: a text is wanted")
    choices = setting.metadata["choices"]
    if choices and value not in choices:
        raise UsageError(f"setting {name} is {value!r}: one of {', '.join(choices)} is wanted")
    return value
