"""Who wrote a document, for forms that put the family name first.

A document names its authors in one line. What is a person's name in it, and which part of that is the
family's, is told only where it is sure: "World Bank" looks like "Ann Lee". Whatever is not sure stays whole.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MOST = 200

# Given names that are common in their language and seldom stand first in the name of a body, a place or a
# family. Names that are family names as well (Kim, Lee, Martin as a last word) are no harm at the end.
_GIVEN = frozenset(
    """
    aaron abigail adam adrian adriana agnes agnieszka ahmed aisha alan albert alberto alejandra alejandro
    aleksandr alessandra alessandro alexander alexandra alexei alfred ali alice alicia alison amanda amelia amy
    ana anders andrea andreas andrei andrew angela anita ann anna anne annette annika anthony antonio
    antonia anton arthur asa astrid audrey barbara beatrice beatriz ben benjamin bernard bernardo bernd bert
    betty bjorn bob boris brenda brian bridget brigitte bruno camille carla carlo carlos carmen carol carolina
    caroline catherine cecilia charles charlotte chloe chris christian christina christine christoph
    christopher clara claire claudia claudio colin craig cynthia dan daniel daniela david deborah
    denise dennis derek diana diego dieter dimitri dmitri dmitry dominique donald donna dorothy edith
    eduardo edward elena eleanor elisa elisabeth elise elizabeth ellen emily emma enrique eric erik erika ernesto
    ernst esther eva evan evelyn fatima felipe felix fernanda fernando fiona florian frances francesca
    francesco francis francisco francois francoise frank franz fred frederick friedrich gabriel gabriela
    gareth gary george gerald gerard gerhard giovanni giulia giuseppe gloria gordon graham greg gregory
    guido guillaume gunther gustav guy hannah hans harald harold harry heather heidi heinrich heinz helen helena
    helga henri henrik henry herbert hermann hilda howard hugo ian ignacio igor ilse ines ingrid irene irina
    isaac isabel isabella ivan jack jacob jacqueline jacques jakob james jan jane janet janice jason javier
    jean jeanine jeff jeffrey jennifer jens jeremy jessica jill jim joachim joan joanna joe johan johann johanna
    johannes john jonas jonathan jorge jose josef joseph josephine joshua juan juana judith julia julian
    julie jurgen justin karen karin karl katarzyna kate katharina katherine kathleen keith kenneth kevin klaus
    krzysztof larry lars laura lauren laurent leif leo leon leonard liam linda lisa lorenzo louis louise luca
    lucas lucia lucy ludwig luigi luis luisa lukas lynn magdalena manfred manuel marc marcel marcelo marco
    marcus margaret margarita maria marie mario marion mark markus marta martha martin martina mary matteo
    matthew matthias maurice max maximilian megan melissa michael michal michel michele miguel mikhail mohamed
    mohammed monica monika muhammad nancy natalia natalie nathan nicholas nicola nicolas nicole nigel nikolai
    nils nina nora olaf oleg olga oliver olivia oscar oskar otto pablo pamela paolo patricia patrick paul paula
    pauline pavel pedro peter petra philip philippe phillip pierre piotr rachel rafael ralph ramon raymond
    rebecca ricardo richard rita robert roberta roberto rodrigo roger roland rolf ronald rosa rosemary roy
    rudolf ruth ryan sabine samantha samuel sandra sara sarah scott sean sebastian serge sergei sergey sergio
    sharon sheila simon simone sofia solveig sonia sophia sophie stefan stefano stella stephanie stephen steve
    steven stuart susan susanna susanne svetlana sven sylvia tatiana teresa terry theodor theresa therese thomas
    tim timothy tina todd tom tomas tony ulrich ulrike ursula valerie vanessa vera veronica victor victoria
    vincent virginia vladimir walter wendy werner wilhelm william wolfgang xavier yolanda yuri yusuf yvonne
    zoe
    """.split()
)
_TITLES = frozenset("dr dr. mr mr. mrs mrs. ms ms. prof prof. professor sir dame rev rev.".split())
_PARTICLES = frozenset("von van de den der del della di da dos du la le ten ter zu zum zur".split())
_OF_BODIES = frozenset(
    """
    academy agency archive archives association bank board bureau center centre church college commission
    committee company council court department fund foundation group institute international library limited
    ministry museum network office organisation organization party press publishing reports services society
    staff team times trust union university news inc ltd llc gmbh ag sa plc corp co sons brothers house
    """.split()
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.[ -]?)+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_ACCENTS = str.maketrans(
    "áàâäãåçéèêëíìîïñóòôöõøúùûüýłńśźżćęąčšžåæ", "aaaaaaceeeeiiiinoooooouuuuylnszzceacszaa"
)


class Name(NamedTuple):
    """An author. ``family`` is the whole name where no part of it is surely the family's.

    ``particle`` stands before the family name and is no part of what it is sorted by: "von".
    """

    family: str
    given: str = ""
    particle: str = ""

    @property
    def plain(self) -> str:
        """The name in the order of speech."""
        return " ".join(part for part in (self.given, self.particle, self.family) if part)


def authors(words: str | None) -> tuple[Name, ...]:
    """Return the authors that a line names, in its order."""
    line = " ".join((words or "")[:_MOST].split()).strip(" ;,")
    if not line:
        return ()
    for joint in (r"\s*;\s*", r"\s*,\s*and\s+|\s*,\s*&\s*|\s*,\s*|\s+and\s+|\s+&\s+"):
        parts = [part for part in re.split(joint, line) if part]
        names = [_person(part) for part in parts]
        if len(parts) > 1 and (all(names) or ";" in line):
            return tuple(name or Name(part) for name, part in zip(names, parts, strict=True))
    return (_person(line) or Name(line),)


def _person(words: str) -> Name | None:
    """Return a person's name; None where it is not sure that this is one, and how it is parted."""
    if words.count(",") == 1:
        family, given = (part.strip() for part in words.split(","))
        particle, family = _without_particle(family.split())
        known = bool(given) and _given(given.split()) == len(given.split())
        one = len(family.split()) == 1 and _is_word(family)
        return Name(family, given, particle) if known and one else None
    parts = words.split()
    titled = bool(parts) and parts[0].casefold() in _TITLES
    parts = parts[titled:]
    if any(part.strip(".,").casefold() in _OF_BODIES for part in parts):
        return None
    first = _given(parts)
    if not first and titled and len(parts) == 2:
        first = 1
    particle, family = _without_particle(parts[first:])
    if not first or not family or " " in family or not _is_word(family):
        return None
    return Name(family, " ".join(parts[:first]), particle)


def _given(parts: list[str]) -> int:
    """Return how many of the first words are given names or initials; the last word is never one."""
    count = 0
    for part in parts:
        plain = part.casefold().translate(_ACCENTS)
        if not (_INITIALS.fullmatch(part) or all(bit in _GIVEN for bit in plain.split("-"))):
            break
        count += 1
    return count


def _without_particle(parts: list[str]) -> tuple[str, str]:
    count = 0
    while count < len(parts) - 1 and parts[count] in _PARTICLES:
        count += 1
    return " ".join(parts[:count]), " ".join(parts[count:])


def _is_word(word: str) -> bool:
    return (
        bool(_WORD.fullmatch(word)) and word[0].isupper() and len(word) > 1 and not word.isupper()
    )
