"""Every setting, in one table. The program builds it once at its edge and passes it on.

A value comes from the command line, else from the environment (QA_ and the name in capitals),
else from the file that QA_CONFIG names or ``qa.toml`` in the working folder. Otherwise it is the
default. No other module of the project reads settings from the environment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qa.errors import UsageError
from qa.text.analysis import LANGUAGES


def _setting(default: Any, help: str, *, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; see each one's ``help``."""

    index: str = _setting(
        "index/default", "folder of the index, or the address of one that machines share"
    )
    model: str = _setting(
        "all-MiniLM-L6-v2",
        "sentence-transformers model: the default one, a folder, or ORGANISATION/NAME; or a folder "
        "with an exported model, as `models/` of an index has",
    )
    question_prompt: str = _setting(
        "auto",
        "text that is put before each question for the model, such as `query: `; `auto`: the one "
        "in the model's configuration; empty: none",
    )
    passage_prompt: str = _setting("auto", "text that is put before each passage, in the same way")
    precision: str = _setting("int8", "arithmetic of the exported model", choices=("fp32", "int8"))
    language: str = _setting(
        "en", "language of the archive, for stemming and sentences", choices=LANGUAGES
    )
    passage_chars: int = _setting(700, "the most characters in a passage, 200 to 1,200")
    overlap: int = _setting(
        0, "how many sentences at its start a passage repeats from the passage before it"
    )
    max_file_bytes: int = _setting(32_000_000, "larger files are skipped")
    max_archive_bytes: int = _setting(
        4_000_000_000,
        "larger archive files and tables are skipped; so are the contents of an archive file after "
        "this many bytes",
    )
    archive_files: int = _setting(100_000, "the most files that are read from one archive file")
    reader_seconds: int = _setting(60, "the most processor time for reading a document")
    reader_memory_bytes: int = _setting(1_000_000_000, "the most memory for reading a file")
    reader_output_bytes: int = _setting(100_000_000, "a document whose text is larger is skipped")
    reader_confinement: str = _setting(
        "best",
        "`kernel`: a build stops unless the kernel confines the readers' process completely",
        choices=("best", "kernel"),
    )
    row_text: str = _setting(
        "text,body,content",
        "column of a table that holds a row's text: the first of these that exists",
    )
    row_title: str = _setting("title,headline,name", "column of a row's title")
    row_date: str = _setting("date,published", "column of a row's date of publication")
    row_url: str = _setting("url,link", "column of a row's web address")
    row_id: str = _setting("id,_id", "column that names a row in its source")
    row_author: str = _setting("author,creator", "column of a row's author")
    encodings: str = _setting(
        "",
        "encodings of files that are not in UTF-8, by glob: `letters/*.txt=cp850, *.csv=cp1252`; "
        "the encodings of other files are detected from their bytes",
    )
    ocr: str = _setting(
        "off",
        "`tesseract`: scanned pages of PDFs and images of pages are read by Tesseract, if it is installed",
        choices=("off", "tesseract"),
    )
    ocr_languages: str = _setting(
        "eng", "languages of scanned pages as Tesseract calls them, such as `deu+fra`"
    )
    ocr_seconds: int = _setting(30, "time that reading a scanned page may take")
    ocr_pages: int = _setting(1_000, "scanned pages that are read of a document")
    exact_passages: int = _setting(
        20_000,
        "of an index at an address: up to so many passages, a question is compared with all of them; "
        "where there are more, an index of their vectors finds the nearest",
    )
    workers: str = _setting(
        "here",
        "who reads, splits and embeds in a build: `here`, its own process; `ray`, processes on Ray, "
        "on the cluster that RAY_ADDRESS names or else on one of this machine",
        choices=("here", "ray"),
    )
    ray_workers: int = _setting(
        0, "how many of these processes there are; 0: one for each processor of the cluster"
    )
    generations_kept: int = _setting(3, "generations kept on the disk, the live one included")
    max_wrong: int = _setting(
        20,
        "how many of a hundred questions with the verdict `answered` may get a wrong first result, "
        "0 to 100",
    )
    reading: str = _setting(
        "fast",
        "how much of the first results the reader reads with the question: `off`, `fast` or "
        "`thorough`",
        choices=("off", "fast", "thorough"),
    )
    archive_name: str = _setting("", "name of the archive, the heading of the page")
    welcome: str = _setting("", "a sentence that the page shows before the first question")
    sample_questions: str = _setting(
        "",
        "sample questions, one on a line, that the page shows before the first question in place of those "
        "taken from the documents; at most 12, each of at most 200 characters",
    )
    host: str = _setting("127.0.0.1", "address that the service listens on")
    port: int = _setting(8000, "port that the service listens on")
    public_url: str = _setting(
        "",
        "address under which others reach the service; citation links begin with it, also behind "
        "a proxy",
    )
    max_body_bytes: int = _setting(1_000_000, "a request with a larger body is refused")
    keys_file: str = _setting("index/keys.json", "file of the API keys that `qa keys` makes")
    session_hours: int = _setting(
        720, "hours after which a browser must sign in with its key again"
    )
    requests_per_minute: int = _setting(
        600,
        "the most requests in a minute from one key, or from one address without a key; 0: no limit",
    )
    concurrent_questions: int = _setting(
        8,
        "the most questions that run at once for one key, or for one address without a key; "
        "0: no limit",
    )
    connections_per_address: int = _setting(
        100, "the most connections at once from one address (IPv6: from one /64); 0: no limit"
    )
    queued_questions: int = _setting(
        64,
        "the most questions that wait while the processors are busy. Fewer wait if they would wait longer than "
        "0.75 seconds, but four for each processor always may",
    )
    question_seconds: int = _setting(
        30, "the most time for a question; after it the question fails"
    )
    body_seconds: int = _setting(10, "a request whose body takes longer to arrive is refused")
    drain_seconds: int = _setting(
        1,
        "seconds for which a stopping service reports itself not ready before it closes to new "
        "connections",
    )
    cors_origins: str = _setting(
        "", "origins whose pages may ask, such as `https://www.example.org`, separated by commas"
    )
    proxies: str = _setting(
        "127.0.0.1,::1",
        "addresses of trusted proxies, separated by commas; the service believes what they say "
        "about a client's address and scheme",
    )
    open_webui_sources: str = _setting(
        "off",
        "`on`: streams carry sources as Open WebUI's own events instead of annotations",
        choices=("off", "on"),
    )
    pictures: str = _setting(
        "on",
        "a citation of a PDF opens its page as a picture, the words marked; `off`: the service opens no original",
        choices=("off", "on"),
    )
    picture_seconds: int = _setting(20, "processor time that drawing a citation's pages may take")
    serve_originals: str = _setting(
        "off", "`on`: whoever may ask may have the files of the documents", choices=("off", "on")
    )
    log_questions: str = _setting(
        "off",
        "`on`: the log includes the message of an unexpected failure, which may quote a question; the "
        "access log includes each question",
        choices=("off", "on"),
    )
    access_log: str = _setting(
        "",
        "file that gets a line for each request, outside the index and the archive; `stderr`: standard "
        "error; empty: no such log",
    )
    judgements: str = _setting(
        "",
        "file that keeps what people judge of answers, outside the index and the archive; empty: "
        "nothing is kept",
    )
    judgements_bytes: int = _setting(
        10_000_000,
        "when the file of judgements would be larger, no more are kept; of the file of unanswered "
        "questions the older half is removed",
    )
    unanswered: str = _setting(
        "",
        "file that keeps the questions whose verdict is `unsure` or `not_found`, where judgements are "
        "kept; empty: no question is kept but those that people judge",
    )
    datasets: str = _setting("", "folder of judged data sets that qa eval finds by name")

    @classmethod
    def load(
        cls, *, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
    ) -> Settings:
        """Build the settings. A flag with the value None counts as not given.

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


def lines_of(value: str) -> tuple[str, ...]:
    """Return the lines of a setting that has one thing on each; spaces around them and empty lines go."""
    return tuple(line.strip() for line in value.splitlines() if line.strip())


def own_if_auto(value: str) -> str | None:
    """Return a setting, or None for ``auto``: then the model's own configuration decides."""
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
    """Whether a variable of the environment is set that is no setting: NO_COLOR, QA_DEBUG, RAY_ADDRESS."""
    return bool(os.environ.get(name))


_FIELDS = {setting.name: setting for setting in fields(Settings)}
MAX_QUESTIONS = 12
"""The most sample questions of an archive."""
MAX_QUESTION = 200
"""The most characters of a sample question."""
_RANGES = {
    "passage_chars": (200, 1200),
    "overlap": (0, 5),
    "max_file_bytes": (1, 1 << 40),
    "max_archive_bytes": (1, 1 << 44),
    "archive_files": (1, 10_000_000),
    "reader_seconds": (1, 3600),
    "reader_memory_bytes": (300_000_000, 1 << 40),
    "reader_output_bytes": (1_000_000, 1 << 32),
    "ocr_seconds": (1, 3600),
    "ocr_pages": (1, 100_000),
    "exact_passages": (0, 1_000_000_000),
    "ray_workers": (0, 10_000),
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
    "picture_seconds": (1, 3600),
    "judgements_bytes": (10_000, 1 << 30),
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
        named_alike = get_close_matches(unknown[0], _FIELDS) or _FIELDS
        raise UsageError(
            f"{path} has no setting {unknown[0]!r}: choose one of {', '.join(named_alike)}"
        )
    return values


def _checked(name: str, value: Any) -> Any:
    setting = _FIELDS[name]
    if isinstance(setting.default, int):
        try:
            value = int(str(value))
        except ValueError:
            raise UsageError(f"setting {name} is {value!r}: it must be a whole number") from None
        low, high = _RANGES[name]
        if not low <= value <= high:
            raise UsageError(f"setting {name} is {value}: it must be {low} to {high}")
        return value
    if not isinstance(value, str):
        raise UsageError(f"setting {name} is {value!r}: it must be a text")
    if name == "public_url" and value and not _is_web_address(value):
        raise UsageError(
            f"setting public_url is {value!r}: it must be an address such as "
            "https://archive.example.org or https://www.example.org/archive"
        )
    if name == "sample_questions":
        _check_questions(lines_of(value))
    choices = setting.metadata["choices"]
    if choices and value not in choices:
        raise UsageError(f"setting {name} is {value!r}: it must be one of {', '.join(choices)}")
    return value


def _check_questions(questions: Sequence[str]) -> None:
    """Raise UsageError for more sample questions, or longer ones, than a page shows well."""
    if len(questions) > MAX_QUESTIONS:
        raise UsageError(
            f"setting sample_questions has {len(questions)} lines: write at most {MAX_QUESTIONS} "
            "questions, one on a line"
        )
    for question in questions:
        if len(question) > MAX_QUESTION:
            raise UsageError(
                f"setting sample_questions has a line of {len(question):,} characters, "
                f"{question[:40]!r}…: write at most {MAX_QUESTION} for a question, and each on a line of its own"
            )
        if not question.isprintable():
            raise UsageError(
                f"setting sample_questions has {question[:40]!a}: it must be a text without control characters"
            )


def _is_web_address(value: str) -> bool:
    """Whether links can begin with a value: http or https, a host, and no more than a path behind it."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises for one that is no port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and not (parts.query or parts.fragment or parts.username is not None)
        and value.isprintable()
        and " " not in value
    )
