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

from qa.analysis import LANGUAGES
from qa.errors import UsageError


def _setting(default: Any, help: str, *, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; see each one's ``help``."""

    index: str = _setting("index/default", "folder of the index")
    model: str = _setting(
        "all-MiniLM-L6-v2",
        "sentence-transformers model: the default one, a folder, or ORGANISATION/NAME",
    )
    precision: str = _setting("fp32", "arithmetic of the exported model", choices=("fp32", "int8"))
    language: str = _setting(
        "en", "language of the archive, for stemming and sentences", choices=LANGUAGES
    )
    passage_chars: int = _setting(700, "characters that a passage may have, 200 to 1,200")
    overlap: int = _setting(0, "sentences that a passage repeats of the one before it")
    max_file_bytes: int = _setting(32_000_000, "larger files are skipped")
    generations_kept: int = _setting(3, "generations kept on the disk, the live one included")
    max_wrong: int = _setting(
        20, "of a hundred answers given as answers, how many may be wrong, 0 to 100"
    )
    host: str = _setting("127.0.0.1", "address that the service listens on")
    port: int = _setting(8000, "port that the service listens on")
    public_url: str = _setting(
        "", "address under which others reach the service, for citation links behind a proxy"
    )
    max_body_bytes: int = _setting(1_000_000, "a request with a larger body is refused")
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


def switched_on(name: str) -> bool:
    """Whether a switch of the environment is on: NO_COLOR, or QA_DEBUG, which are no settings."""
    return bool(os.environ.get(name))


_FIELDS = {setting.name: setting for setting in fields(Settings)}
_RANGES = {
    "passage_chars": (200, 1200),
    "overlap": (0, 5),
    "max_file_bytes": (1, 1 << 40),
    "generations_kept": (1, 1000),
    "max_wrong": (0, 100),
    "port": (0, 65535),
    "max_body_bytes": (1000, 1 << 30),
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
