"""Dates of publication: what counts as one, how precise it is, and what it was read from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus import dates
from qa.corpus.calendars import month_of
from qa.corpus.readers import read_document
from qa.corpus.written import dates_in, order_of_figures
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
        ("4.3.2019", "2019-03-04"),
        ("4. 3. 2019", "2019-03-04"),
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
        ("٢٠١٩", "2019"),
        ("20١٩", "2019"),
        ("٢٣ November 2019", "2019-11-23"),
        # Other languages and scripts.
        ("Montag, 4. März 2019", "2019-03-04"),
        ("Montag, den 4. März 2019 um 10:15 Uhr", "2019-03-04"),
        ("lundi 4 mars 2019 à 10h15", "2019-03-04"),
        ("lunedì 4 marzo 2019", "2019-03-04"),
        ("segunda-feira, 4 de março de 2019", "2019-03-04"),
        ("maandag 4 maart 2019", "2019-03-04"),
        ("понедельник, 4 марта 2019 года", "2019-03-04"),
        ("4 марта 2019 г.", "2019-03-04"),
        ("poniedziałek, 4 marca 2019 r.", "2019-03-04"),
        ("4.III.2019", "2019-03-04"),
        ("måndag 4 mars 2019", "2019-03-04"),
        ("pondělí 4. března 2019", "2019-03-04"),
        ("4 Mart 2019 Pazartesi", "2019-03-04"),
        ("ARALIK 2019", "2019-12"),
        ("4 EKİM 2019", "2019-10-04"),
        ("2019. március 4., hétfő", "2019-03-04"),
        ("2019 m. kovo 4 d.", "2019-03-04"),
        ("2019. gada 4. marts", "2019-03-04"),
        ("4. maaliskuuta 2019", "2019-03-04"),
        ("4 Μαρτίου 2019", "2019-03-04"),
        ("4 במרץ 2019", "2019-03-04"),
        ("٤ مارس ٢٠١٩", "2019-03-04"),
        ("4 मार्च 2019", "2019-03-04"),
        ("4 มีนาคม 2562", "2019-03-04"),
        ("ngày 4 tháng 3 năm 2019", "2019-03-04"),
        ("2019年3月4日", "2019-03-04"),
        ("2019年3月4日（月）", "2019-03-04"),
        ("２０１９年３月４日", "2019-03-04"),
        ("二〇一九年三月二十四日", "2019-03-24"),
        ("平成31年3月4日", "2019-03-04"),
        ("令和元年五月一日", "2019-05-01"),
        ("民國108年3月4日", "2019-03-04"),
        ("2019년 3월 4일 월요일", "2019-03-04"),
        ("2019. 3. 4.", "2019-03-04"),
        # A place is no day of the week, a volume no month, a version no date.
        ("La Paz, 4 March 2019", None),
        ("Volume III 2019", None),
        ("1.2.2019.4", None),
        ("10.11.12.2019", None),
        ("2019.13.01", None),
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
    # Wherever dots are written the day comes first; with strokes it may be either.
    assert dates.parse_date(f"{day.day}.{day.month}.{day.year}") == day.isoformat()
    known = day.day > 12 or day.day == day.month
    assert dates.parse_date(f"{day.day}/{day.month}/{day.year}") == (
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
        # Behind a place or a name.
        (
            ["Anna Lind", "Orlaville, 17 March 2019", "Dear Sir,"],
            [],
            ("2019-03-17", "17 March 2019", "dateline"),
        ),
        (["Fait à Orlaville, le 4 mars 2019"], [], ("2019-03-04", "4 mars 2019", "dateline")),
        ([], ["V Orlově dne 4. března 2019"], ("2019-03-04", "4. března 2019", "dateline")),
        (["x", "Von Anna Lind | 4. März 2019"], [], ("2019-03-04", "4. März 2019", "dateline")),
        (
            ["x", "Por Anna Lind, 4 de mayo de 2019"],
            [],
            ("2019-05-04", "4 de mayo de 2019", "byline"),
        ),
        (
            ["Приказ", "от 4 марта 2019 г. № 17"],
            [],
            ("2019-03-04", "от 4 марта 2019 г. № 17", "dateline"),
        ),
        (["Minutes of 4 March 2019"], [], ("2019-03-04", "4 March 2019", "title")),
        ([], ["Vim 9.0      4 March 2019      VIM(1)"], ("2019-03-04", "4 March 2019", "footer")),
        # What was published counts before what was written; a part of a line may be of another day.
        (
            ["Written: March 1919", "First Published: 4 April 1919 in Pravda"],
            [],
            ("1919-04-04", "First Published: 4 April 1919 in Pravda", "label"),
        ),
        (
            ["Published 3 March 2019 | Updated 5 May 2020"],
            [],
            ("2019-03-03", "Published 3 March 2019", "label"),
        ),
        (
            ["公開日：2019年3月3日　更新日：2020年5月5日"],
            [],
            ("2019-03-03", "公開日：2019年3月3日", "label"),
        ),
        (["Datum", "4. März 2019"], [], ("2019-03-04", "4. März 2019", "label")),
        # What other words introduce.
        (["Updated: 5 May 2020"], [], None),
        (["Last modified on 5 May 2020"], [], None),
        (["Updated", "5 May 2020"], [], None),
        (["Date of birth", "12 May 1956"], [], None),
        (["Geboren am", "12. Mai 1956"], [], None),
        (["Anna Lind", "* 12 May 1956"], [], None),
        ([], ["Tenders must arrive by", "31 December 2024"], None),
        ([], ["Срок подачи заявок:", "31 декабря 2024 г."], None),
        (["Summer fair", "When: Saturday, 15 June 2019"], [], None),
        (["Summer fair", "Saturday, 15 June 2019, 14:00", "Venue: the meadow"], [], None),
        (["Concert", "Date: 15 June 2019", "Time: 19:30", "Place: the church"], [], None),
        (
            ["Minutes", "Date: 15 June 2019", "Time: 19:30", "Place: the school"],
            [],
            ("2019-06-15", "Date: 15 June 2019", "label"),
        ),
        (["Upcoming events", "12 June 2019", "Concert", "15 June 2019", "Market"], [], None),
        ([], ["Related", "The mill burns", "3 June 2017"], None),
        (["4 March 1831", "A stone", "12 May 1856", "A wheel", "3 June 1902", "A fire"], [], None),
        (["Johann Sebastian Bach", "31 March 1685 – 28 July 1750"], [], None),
        (["Battle of Waterloo, 18 June 1815"], [], None),
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
    assert expected is None or expected.known_from == "text"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("2019-11-23-statement.txt", "2019-11-23"),
        ("notes/2019-11 minutes.md", "2019-11"),
        ("statement_2019-11-23.txt", "2019-11-23"),
        ("20190304_minutes.txt", "2019-03-04"),
        ("IMG_20190304_101112.txt", "2019-03-04"),
        ("minutes 4 March 2019.txt", "2019-03-04"),
        ("2019_03_04 notes.txt", "2019-03-04"),
        ("Protokoll_04.03.2019.txt", "2019-03-04"),
        ("4-maart-2019_notulen.txt", "2019-03-04"),
        ("Sitzung vom 4. März 2019.txt", "2019-03-04"),
        ("議事録2019年3月4日.txt", "2019-03-04"),
        ("Minutes March 2019.txt", "2019-03"),
        ("valid until 4 March 2019.txt", None),
        ("20191332.txt", None),
        ("scan_12345678.txt", None),
        ("190304_notes.txt", None),
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


_LOCALES = (
    "en es fr de it pt nl da nb sv fi et lv lt pl cs sk sl ro hu el tr bg ru uk sr he ar hi id th eu gl is"
).split()


@cache
def _names() -> Mapping[str, list[list[str]]]:
    """Return the names of the months, of each context, and of the days, as Babel has them.

    In a process of its own, Hebrew last: its names stay in what Babel loads next.
    """
    code = (
        "import json, sys; from babel import Locale; ls = [Locale(name) for name in sys.argv[1:]];"
        "print(json.dumps([[[l.months[c]['wide'][n] for n in range(1, 13)] for c in l.months]"
        "+ [[l.days['format']['wide'][n] for n in range(7)]] for l in ls]))"
    )
    locales = sorted(_LOCALES, key="he".__eq__)
    run = subprocess.run([sys.executable, "-c", code, *locales], capture_output=True, check=True)
    return dict(zip(locales, json.loads(run.stdout), strict=True))


@pytest.mark.parametrize("locale", _LOCALES)
def test_months_and_days_are_called_what_cldr_calls_them(locale: str) -> None:
    *months, days = _names()[locale]
    for names in months:
        assert [month_of(name) for name in names] == [*range(1, 13)]
        assert [month_of(name.lower()) for name in names] == [*range(1, 13)]
    for number, name in enumerate(names, 1):
        wanted = f"2019-{number:02}-04"
        year = 2562 if locale == "th" else 2019
        assert dates.parse_date(f"4 {name} {year}") == wanted
        for day in days:
            assert dates.parse_date(f"{day}, 4 {name} {year}") == wanted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3/4/2019 and 25/4/2019", True),
        ("3/4/2019 and 4-25-2019", False),
        ("3/4/2019", None),
        ("25/4/2019 and 4/25/2019", None),
        ("", None),
    ],
)
def test_the_order_of_figures(text: str, value: bool | None) -> None:
    assert order_of_figures(text) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Le puits\n\n04/03/2019\n\nLe conseil du village s’est réuni dans la vieille école et a parlé "
         "deux heures durant du nouveau puits pour les habitants.", "2019-03-04"),
        ("The well\n\n04/03/2019\n\nThe council of the village met in the old school.", "2019"),
        ("The well\n\n04/03/2019\n\nThe council of the village met; the next time is 25/03/2019.", "2019-03-04"),
        ("The well\n\n04/03/2019\n\nThe council of the village met; the next time is 03/25/2019.", "2019-04-03"),
    ],
)  # fmt: skip
def test_what_of_figures_is_the_day(text: str, value: str) -> None:
    found = read_document("a.txt", text.encode()).published
    assert found is not None and found.value == value


def test_a_line_of_a_wrapped_paragraph_is_no_dateline() -> None:
    text = (
        "About the well\n\nThe council met in the old school and spoke for two hours on the day of\n"
        "4 March 1931.\nNobody who was there has forgotten what was said of the well and of the mill,\n"
        "which is why it is told here.\n"
    )
    assert read_document("a.txt", text.encode()).published is None


@given(st.text(st.characters() | st.sampled_from("0123456789 ./-:,年月日may2019"), max_size=80))
def test_a_date_is_where_it_is_said_to_be(line: str) -> None:
    ends = [0]
    for one in dates_in(line):
        assert ends[-1] <= one.start < one.end <= len(line)
        assert date.fromisoformat((one.value + "-01-01")[:10])
        ends.append(one.end)
