"""Dates of publication: what counts as one, how precise it is, and what it was read from."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus import dates
from qa.records import Published


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("2019", "2019"),
        ("(2019)", "2019"),
        ("2019-11", "2019-11"),
        ("2019-11-23", "2019-11-23"),
        ("2019/11/23", "2019-11-23"),
        ("2019-11-23T10:04:00Z", "2019-11-23"),
        ("November 23, 2019, 6:37 PM EDT", "2019-11-23"),
        ("23 Nov 2019 10:04 CEST", "2019-11-23"),
        ("Sat, 23 Nov 2019 07:15:45 EST", "2019-11-23"),
        ("Nov. 23, 2019 at 4:30 p.m. ET", "2019-11-23"),
        ("2019-11-23 10:04:00 +0200", "2019-11-23"),
        ("23 Nov 2019", "2019-11-23"),
        ("23\xa0Nov\xa02019", "2019-11-23"),
        ("23rd November 2019", "2019-11-23"),
        ("Saturday, 23 November 2019", "2019-11-23"),
        ("the 23rd of November 2019", None),
        ("23rd of November, 2019.", "2019-11-23"),
        ("Sat 23 Nov. 2019, 10:04 pm", "2019-11-23"),
        ("November 23, 2019", "2019-11-23"),
        ("NOVEMBER 23 2019", "2019-11-23"),
        ("November 2019", "2019-11"),
        ("Sept. 2008", "2008-09"),
        ("13 de septiembre de 2008", "2008-09-13"),
        ("miércoles 9 de abril de 1952", "1952-04-09"),
        ("setiembre de 2008", "2008-09"),
        # In figures: a part above twelve is the day, equal parts are both, the rest is not known.
        ("23/11/2019", "2019-11-23"),
        ("11/23/2019", "2019-11-23"),
        ("23.11.2019", "2019-11-23"),
        ("4/4/2019", "2019-04-04"),
        ("3/4/2019", "2019"),
        # No such day, no such month.
        ("31 November 2019", None),
        ("29 February 2019", None),
        ("29 February 2020", "2020-02-29"),
        ("2019-13", None),
        ("2019-00-10", None),
        ("31/11/2019", None),
        ("13/13/2019", None),
        # Not a date, or not only one.
        ("", None),
        ("9999", None),
        ("1066", None),
        ("20191", None),
        ("in November 2019", None),
        ("November", None),
        ("23/1/04", None),
        # Spellings that only look right without regard to case; digits of other scripts.
        ("1 ſept 2019", None),
        ("Aprıl 2019", None),
        ("٢٠١٩", None),
        ("20١٩", "2019"),
        ("٢٣ November 2019", "2019-11-23"),
    ],
)
def test_parse_date(words: str, value: str | None) -> None:
    assert dates.parse_date(words) == value


_MONTHS = "January February March April May June July August September October November December"
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"


@given(st.dates(date(1500, 1, 1), date(2099, 12, 31)))
def test_a_date_is_read_in_every_form_it_is_written_in(day: date) -> None:
    month, weekday = _MONTHS.split()[day.month - 1], _WEEKDAYS.split()[day.weekday()]
    for words in (
        day.isoformat(),
        f"{day.year}/{day.month:02}/{day.day:02}",
        f"{day.day} {month} {day.year}",
        f"{day.day}th of {month[:3]}. {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{weekday}, {month.upper()} {day.day}, {day.year}",
        f"{weekday[:3]} {day.day} {month[:3]} {day.year} 23:59",
    ):
        assert dates.parse_date(words) == day.isoformat()
    known = day.day > 12 or day.day == day.month
    assert dates.parse_date(f"{day.day}.{day.month}.{day.year}") == (
        day.isoformat() if known else str(day.year)
    )
    assert dates.parse_date(f"{month} {day.year}") == f"{day.year}-{day.month:02}"


@given(
    st.text(st.characters() | st.sampled_from("0123456789 ./-:,maysept\u017f\u0131"), max_size=40)
)
def test_any_words_are_a_date_or_none(words: str) -> None:
    value = dates.parse_date(words)
    assert value is None or date.fromisoformat((value + "-01-01")[:10])


@pytest.mark.parametrize(
    ("head", "tail", "published"),
    [
        (["A title", "23 Nov 2019"], [], ("2019-11-23", "23 Nov 2019", "dateline")),
        (["A title"], ["The end.", "23 Nov 2019"], ("2019-11-23", "23 Nov 2019", "dateline")),
        # A label wins over a line that is a date; a later line of the tail over an earlier one.
        (
            ["1 May 2001", "Published: 2 May 2001"],
            [],
            ("2001-05-02", "Published: 2 May 2001", "label"),
        ),
        (
            ["First published on 3 May 2001"],
            [],
            ("2001-05-03", "First published on 3 May 2001", "label"),
        ),
        (["Fecha: 3 de mayo de 2001"], [], ("2001-05-03", "Fecha: 3 de mayo de 2001", "label")),
        (["x"], ["1 May 2001", "2 May 2001"], ("2001-05-02", "2 May 2001", "dateline")),
        (["1 May 2001"], ["2 May 2001"], ("2001-05-01", "1 May 2001", "dateline")),
        (
            ["LA PAZ, 23 November 2019 — The miners met."],
            [],
            ("2019-11-23", "LA PAZ, 23 November 2019", "dateline"),
        ),
        (["23 November 2019: the miners met."], [], ("2019-11-23", "23 November 2019", "dateline")),
        # Dates told in running text say when something happened.
        (["On 10 November 2019 he resigned."], [], None),
        (["June 24, 1967, entered the memory of the people."], [], None),
        (["The vote of 20 October 2019 — he won."], [], None),
        # A year alone is as often a heading or the number of a page; a label with no date is none.
        (["1952"], [], None),
        (["Published: by the union"], ["Date of birth: 3 May 1901"], None),
        ([], [], None),
    ],
)
def test_from_lines(
    head: list[str], tail: list[str], published: tuple[str, str, str] | None
) -> None:
    expected = Published(*published) if published else None
    assert dates.from_lines(head, tail) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("2019-11-23-statement.txt", "2019-11-23"),
        ("notes/2019-11 minutes.md", "2019-11"),
        ("statement_2019-11-23.txt", "2019-11-23"),
        # The folder does not count; nor do digits of something else, or a day that is none.
        ("2019-11-23/statement.txt", None),
        ("002_4ff61c02709701bd.txt", None),
        ("12019-11-23.txt", None),
        ("2019-13-01.txt", None),
        ("2019.txt", None),
    ],
)
def test_from_name(name: str, value: str | None) -> None:
    found = dates.from_name(name)
    assert (found.value if found else None) == value
    assert found is None or (found.evidence in name and found.origin == "file name")


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("January 22", "2017-01-22"),
        ("22 Jan", "2017-01-22"),
        ("Sunday, 22nd of January", "2017-01-22"),
        ("22 de enero", "2017-01-22"),
        ("(February 3)", "2017-02-03"),
        ("February 30", None),
        ("January", None),
        ("22", None),
        ("22 January 2016", "2016-01-22"),
    ],
)
def test_a_day_without_a_year_is_of_a_year_that_is_known(words: str, value: str | None) -> None:
    assert dates.parse_date(words, "2017") == value
    assert dates.parse_date("January 22") is None


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("5. März 2012", "2012-03-05"),
        ("1er août 2013", "2013-08-01"),
        ("4 octobre 2013", "2013-10-04"),
        ("9 de março de 2021", "2021-03-09"),
        ("12 maggio 1998", "1998-05-12"),
        ("Tue Mar  9 21:14:02 CET 2004", "2004-03-09"),
        ("x" * 200, None),
    ],
)
def test_dates_of_other_languages_and_of_letters(words: str, value: str | None) -> None:
    assert dates.parse_date(words) == value


@pytest.mark.parametrize(
    ("line", "evidence"),
    [
        ("By Ann Lee, 9 March 2021", "9 March 2021"),
        ("Posted by Ezra on May 3rd, 2010", "May 3rd, 2010"),
        ("Words: A. Lee | 2021-03-09", "2021-03-09"),
        ("It was in 2021", None),
        ("9 March 2021, and then the rain came", None),
        ("", None),
    ],
)
def test_a_date_that_ends_a_line(line: str, evidence: str | None) -> None:
    found = dates.at_end(line)
    assert (found.evidence if found else None) == evidence


def test_the_one_year_of_a_title() -> None:
    assert dates.year_of("Press releases 2017") == "2017"
    assert dates.year_of("2017 in 2018") is None
    assert dates.year_of("Lot 2017-3, order 12017") is None
