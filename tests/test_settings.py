"""Settings: where a value comes from, and which values are refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from qa.errors import UsageError
from qa.settings import Settings, lines_of


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults() -> None:
    settings = Settings.load(environment={})
    assert settings == Settings()
    assert (settings.index, settings.host, settings.port) == ("index/default", "127.0.0.1", 8000)
    assert settings.model == "all-MiniLM-L6-v2"
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]  # that it is refused is the test


def test_flags_then_environment_then_file_then_default(elsewhere: Path) -> None:
    (elsewhere / "qa.toml").write_text('port = 1\nhost = "::1"\nindex = "file"\noverlap = 2\n')
    environment = {"QA_PORT": "2", "QA_INDEX": "environment", "QA_UNKNOWN": "x", "PORT": "3"}
    settings = Settings.load(flags={"port": 4, "index": None}, environment=environment)
    assert (settings.port, settings.index, settings.host) == (4, "environment", "::1")
    assert (settings.overlap, settings.passage_chars) == (2, Settings().passage_chars)


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_PORT", "8123")
    assert Settings.load().port == 8123
    assert Settings.load(environment={}).port == 8000


def test_qa_config_names_the_file(elsewhere: Path) -> None:
    (elsewhere / "qa.toml").write_text("port = 1\n")
    (elsewhere / "other.toml").write_text("port = 2\n")
    environment = {"QA_CONFIG": str(elsewhere / "other.toml")}
    assert Settings.load(environment=environment).port == 2
    with pytest.raises(UsageError, match="QA_CONFIG names .*none.toml, which does not exist"):
        Settings.load(environment={"QA_CONFIG": "none.toml"})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("port = ", "cannot be read"),
        ("colour = 1", "has no setting 'colour': choose one of index, "),
        ('keys = "keys.json"', "has no setting 'keys': choose one of keys_file"),
        ("[server]\nport = 1", "has no setting 'server'"),
        ('port = "many"', "setting port is 'many': it must be a whole number"),
        ("port = 1.5", "it must be a whole number"),
        ("port = true", "it must be a whole number"),
        ("port = [1]", "it must be a whole number"),
        ("index = 7", "setting index is 7: it must be a text"),
        ("index = ['a']", "it must be a text"),
        ('precision = "fp16"', "setting precision is 'fp16': it must be one of fp32, int8"),
        ('language = "tlh"', "setting language is 'tlh': it must be one of "),
    ],
)
def test_a_file_that_is_wrong(elsewhere: Path, content: str, reason: str) -> None:
    (elsewhere / "qa.toml").write_text(content)
    with pytest.raises(UsageError, match=reason) as refusal:
        Settings.load(environment={})
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_text(elsewhere: Path) -> None:
    (elsewhere / "qa.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        Settings.load(environment={})


# The bounds as the help texts state them, or as the thing itself has them.
_BOUNDS = {
    "passage_chars": (200, 1200),
    "overlap": (0, 5),
    "max_file_bytes": (1, 1 << 40),
    "max_archive_bytes": (1, 1 << 44),
    "archive_files": (1, 10_000_000),
    "reader_seconds": (1, 3600),
    "reader_memory_bytes": (300_000_000, 1 << 40),
    "reader_output_bytes": (1_000_000, 1 << 32),
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
    "ocr_seconds": (1, 3600),
    "ocr_pages": (1, 100_000),
    "judgements_bytes": (10_000, 1 << 30),
}


@pytest.mark.parametrize("name", _BOUNDS)
def test_bounds(name: str) -> None:
    low, high = _BOUNDS[name]
    for value in (low, high, str(high)):
        assert getattr(Settings.load(flags={name: value}, environment={}), name) == int(value)
    for wrong in (low - 1, high + 1):
        with pytest.raises(
            UsageError, match=f"setting {name} is {wrong}: it must be {low} to {high}"
        ):
            Settings.load(flags={name: wrong}, environment={})


def test_sample_questions_are_the_lines_of_a_text(elsewhere: Path) -> None:
    (elsewhere / "qa.toml").write_text(
        'sample_questions = """\nWho dug the harbour, and when?\n\n  Ümläute, wo? \n"""\n', "utf-8"
    )
    settings = Settings.load(environment={})
    assert lines_of(settings.sample_questions) == ("Who dug the harbour, and when?", "Ümläute, wo?")
    settings = Settings.load(environment={"QA_SAMPLE_QUESTIONS": "Who?\nWhen?"})
    assert lines_of(settings.sample_questions) == ("Who?", "When?")
    assert lines_of(Settings().sample_questions) == ()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("q?\n" * 13, "sample_questions has 13 lines: write at most 12 questions, one on a line"),
        ("When?\n" + "x" * 201, "has a line of 201 characters, 'xxx.*: write at most 200 "),
        ("When\x07?", "has 'When.x07.': it must be a text without control characters"),
        (["When?"], r"sample_questions is \['When\?'\]: it must be a text"),
    ],
)
def test_sample_questions_that_are_refused(value: object, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as refusal:
        Settings.load(flags={"sample_questions": value}, environment={})
    assert "\n" not in str(refusal.value)


def test_as_many_and_as_long_sample_questions_as_are_allowed() -> None:
    value = "\n\n".join(["x" * 200] * 12)
    settings = Settings.load(flags={"sample_questions": value}, environment={})
    assert len(lines_of(settings.sample_questions)) == 12


@pytest.mark.parametrize("value", ["", "x", "1.0", "0x10", "١x", "1e3", "--1"])
def test_whole_numbers_from_the_environment(value: str) -> None:
    with pytest.raises(UsageError, match="QA_|setting port"):
        Settings.load(environment={"QA_PORT": value})


def test_every_setting_is_described_and_every_number_is_bounded() -> None:
    numbers = set()
    for setting in fields(Settings):
        assert setting.metadata["help"], setting.name
        assert not setting.metadata["help"].endswith(".")
        if isinstance(setting.default, int):
            numbers.add(setting.name)
    assert numbers == set(_BOUNDS)


def test_a_flag_of_an_unknown_name_is_a_fault_of_ours() -> None:
    flags: dict[str, Any] = {"colour": "red"}
    with pytest.raises(KeyError):
        Settings.load(flags=flags, environment={})
