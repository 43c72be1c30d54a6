"""Rival spellings meet, other words and numbers do not, and no offset moves."""

from __future__ import annotations

import ast
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import BertPreTokenizer

from qa.encode.protocol import TextReader
from qa.text.analysis import Analyzer, fold
from qa.text.folding import fold_name, folded
from tests.conftest import ROOT

NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"
ALIKE = [
    # Compatibility forms.
    ("the ﬁrmware of the ﬂow sensor", "the firmware of the flow sensor"),
    ("Ｍｏｄｅｌ　ＫＸ－９０", "Model KX-90"),
    ("co\u00adoper\u00adation", "cooperation"),
    ("zero\u200bwidth", "zerowidth"),
    ("cafe\u0301", "café"),
    ("Nguye\u0302\u0303n", "Nguyễn"),
    ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
    ("ｶﾞｽ", "ガス"),
    ("CO₂", "CO2"),
    ("١٩٥٢", "1952"),
    ("Mesa’s", "Mesa's"),
    # Numbers.
    ("£1,250,000", "£1250000"),
    (f"1{NBSP}250{NBSP}000 kroner", "1250000 kroner"),
    (f"1{THIN}250{NARROW}000", "1,250,000"),
    ("1 250 000 families", "1250000 families"),
    ("310 000", "310,000"),
    ("1.250.000", "1250000"),
    ("1'250'000", "1’250’000"),
    ("1’250’000", "1250000"),
    ("12,50,000", "1250000"),
    ("$1,250.50", "$1250.50"),
    ("１，２５０，０００", "1250000"),
    ("“1,250”", "“1250”"),
    # Abbreviations.
    ("the U.S.S.R. fell", "the USSR fell"),
    ("U.S.S.R", "USSR"),
    ("the U.N. wrote", "the UN wrote"),
    ("at 9 a.m. sharp", "at 9 am sharp"),
    ("Ph.D.", "PhD"),
    ("М.В.Д.", "МВД"),
    # Names with a number.
    ("an F-16", "an F16"),
    ("F\u201116", "F16"),
    ("F\u201316", "F-16"),
    ("Covid-19", "Covid19"),
    ("SARS-CoV-2", "SARS-CoV2"),
    ("PM-2.5", "PM2.5"),
    ("error E404", "error E-404"),
]
APART = [
    ("8.5%", "85%"),
    ("3.14", "314"),
    ("3,5", "35"),
    ("0,125", "0125"),
    ("3.5.2", "352"),
    ("3.5.2", "3.5.3"),
    ("12.11.2019", "12112019"),
    ("2019-11-12", "20191112"),
    ("1998-2003", "19982003"),
    ("10²", "102"),
    ("1,234,56", "123456"),
    ("1.250", "1250"),
    ("1250000", "125000"),
    ("F-16", "F-15"),
    ("F16", "F15"),
    ("KX-90", "KX-95"),
    ("USSR", "USA"),
    ("250 310 400", "250310400"),
    ("0800 555 000", "0800555000"),
    ("in 2004 300 people", "in 2004300 people"),
    ("left-wing", "leftwing"),
]


@pytest.fixture(scope="module")
def reader() -> TextReader:
    """A reader that splits as BERT does; it knows no word."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, "[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return TextReader(tokenizer, 512)


def pieces(text: str) -> list[str]:
    """Return a text's tokens as a model gets them: words and marks."""
    return [piece for piece, _ in BertPreTokenizer().pre_tokenize_str(folded(text).text)]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_rival_spellings_are_alike_for_words_and_for_the_model(one: str, other: str) -> None:
    terms = Analyzer("en").terms
    assert terms(one) == terms(other) != []
    assert pieces(one) == pieces(other) != []


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_differs_stays_apart(one: str, other: str) -> None:
    terms = Analyzer("en").terms
    assert terms(one) != terms(other)
    assert pieces(one) != pieces(other)
    # Not by way of a part either: the whole number or name of the one is none of the other's.
    assert not set(terms(one)[-1:]) & set(terms(other)[-1:]) or "people" in one


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("left-wing", ["left", "wing"]),
        ("left wing", ["left", "wing"]),
        ("F 16", ["f", "16"]),
        ("F16", ["f", "16", "f16"]),
        ("post-2003 reforms", ["post", "2003", "post2003", "reform"]),
        ("in the mid-1990s", ["mid", "1990s"]),
        ("1998–2003", ["1998", "2003"]),
        ("2019-11-12", ["2019", "11", "12"]),
        ("version 3.5.2.", ["version", "3.5.2"]),
        ("It fell to 8.5. Then it rose.", ["fell", "8.5", "rose"]),
        ("in the U.S.S.R. The war", ["ussr", "war"]),
        ("Mr. A. Brandt", ["mr", "brandt"]),
        ("example.com", ["examplecom"]),
        ("+44 555 123 4567", ["44", "555", "123", "4567"]),
        ("Bolivia¹ in km²", ["bolivia", "1", "km", "2", "km2"]),
        ("2½ miles", ["2", "1", "2", "mile"]),
        ("chapter 3,5 and 7", ["chapter", "3", "5", "7"]),
    ],
)
def test_terms_of_what_looks_like_a_number_or_an_abbreviation(text: str, terms: list[str]) -> None:
    assert Analyzer("en").terms(text) == terms


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("the ﬁrm", [0, 4]),
        ("a co\u00adop b", [0, 2, 8]),
        ("\u00adab c", [1, 4]),
        (f"to 1{NBSP}250{NBSP}000 men", [0, 3, 13]),
        ("1,250,000 men", [0, 10]),
        ("the U.S.S.R. fell", [0, 4, 13]),
        ("an F16 b", [0, 3, 4, 4, 7]),  # F, the hyphen that is put in, 16
        ("cafe\u0301 au", [0, 6]),
        ("½ b", [0, 2]),
        ("😀 ﬂow ﬁn", [0, 2, 6]),
    ],
)
def test_tokens_start_where_the_text_as_it_was_given_has_them(
    reader: TextReader, text: str, starts: list[int]
) -> None:
    assert list(reader.starts(text)) == starts


MARKS = " .,'’-–/FaUS.S.1250,000 \u00a0\u2009\u00ad\u0301ﬁ２²½…\n"


@given(st.one_of(st.text(), st.text(alphabet=MARKS, max_size=60)))
def test_no_offset_moves(text: str) -> None:
    read = folded(text)
    origins = [read.origin(at) for at in range(len(read.text) + 1)]
    assert origins == sorted(origins)
    assert all(0 <= origin < len(text) for origin in origins[:-1])
    assert origins[-1] <= len(text)
    for at, character in enumerate(read.text):
        # Each character stands in its origin, or is of a cluster that begins there.
        given_there = text[origins[at] : origins[at] + 40]
        if character.isalpha() and character.isascii():
            assert character in unicodedata.normalize("NFKC", given_there)


@given(st.text(alphabet=MARKS, max_size=60))
def test_words_lie_in_the_text_and_in_their_order(text: str) -> None:
    read, at = folded(text), 0
    low = read.text.casefold()
    for word, _ in Analyzer("xx").words(read.text):
        if word.isascii() and word.isalpha() and low.find(word, at) >= 0:
            at = low.find(word, at)
            assert 0 <= read.origin(at) < len(text)


@given(st.text(alphabet="aéñ\u0301\u0303ヵガｶﾞ한ﬁÅΩ１２ \u1112\u1161\u11ab"))
def test_the_forms_of_one_text_are_one(text: str) -> None:
    forms = {folded(unicodedata.normalize(form, text)).text for form in ("NFC", "NFD")}
    assert len(forms) == 1
    assert unicodedata.is_normalized("NFC", folded(text).text)


@given(st.text(alphabet=MARKS, max_size=60))
def test_words_folded_twice_are_words_folded_once(text: str) -> None:
    terms = Analyzer("xx").terms
    assert terms(fold(text)) == terms(text) or "\u0301" in text


def test_plain_text_is_left_as_it_is() -> None:
    text = "Plain words, 12 of them (in 1952); left-wing, example.com, 3.14 and 10:30.\n"
    assert folded(text).text == text
    assert folded(text).steps == ()


@pytest.mark.parametrize(
    ("glob", "name"),
    [
        ("Relevé*", "Releve\u0301 de situation.txt"),
        ("Releve\u0301*", "Relevé de situation.txt"),
        ("releve\u0301*", "RELEVÉ.TXT"),
        ("STRASSE.md", "straße.md"),
    ],
)
def test_a_files_name_is_one_in_every_form(glob: str, name: str) -> None:
    from fnmatch import fnmatchcase

    assert fnmatchcase(fold_name(name), fold_name(glob))


def test_accents_of_a_files_name_are_told_apart() -> None:
    assert fold_name("releve.txt") != fold_name("relevé.txt")


@pytest.mark.slow
def test_no_group_is_possessive() -> None:
    """Python before 3.11.5 matches a possessive group wrongly if it has a repetition inside."""
    possessive = re.compile(r"\)(?:\+\+|\*\+(?!,)|\?\+|\{\{?\d+,?\d*\}\}?\+)|\(\?>")
    assert possessive.search(r"(?:,\d{3})++") and possessive.search(r"(?:a{2}){{1,3}}+")
    for path in (ROOT / "qa").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not possessive.search(node.value), path
