"""Pages written for the tests, each line with the role that a reader of the page would give it.

``kind | line`` begins a block, ``| line`` goes on with it on a line of its own; an empty line is
an empty line of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Page(NamedTuple):
    """A page's text, and the (kind, text) of each of its blocks."""

    text: str
    blocks: list[tuple[str, str]]


def page(annotated: str, *, line_end: str = "\n") -> Page:
    """Take an annotated page apart."""
    lines: list[str] = []
    blocks: list[tuple[str, str]] = []
    for line in annotated.strip("\n").split("\n"):
        kind, bar, words = (part.strip(" ") for part in line.partition("|"))
        assert bool(bar) == bool(line.strip()), f"no kind: {line}"
        lines.append(words)
        if kind:
            blocks.append((kind, words))
        elif words:
            blocks[-1] = (blocks[-1][0], f"{blocks[-1][1]}{line_end}{words}")
    return Page(line_end.join(lines), blocks)


ARTICLE = """
furniture | Home
furniture | News
furniture | Contact

title     | The flood of 1931

paragraph | 4 May 1931

paragraph | The river rose in the night of the first of May, and by morning the market stood under two metres of water.

paragraph | It took the wooden bridge at noon. The iron one, built by the same firm, held.

heading   | What was saved

paragraph | The school's books were carried up to the belfry by a chain of children.

furniture | Read more

paragraph | They were dry again in June.

paragraph | The editors

furniture | Share this article
furniture | Facebook
furniture | WhatsApp
furniture | Page 1 of 4
"""

LISTING = """
teaser    | The river rose in the night of the first of May, and by morning the market stood under two metres of water.

teaser    | Divers found a tram bell between the piers of the old bridge. It had been missing since 1988.

teaser    | A keeper of the lighthouse counted ships for forty years, and his ledgers are now to be printed.

teaser    | The council has sold the glass works to a maker of bottles, against the votes of its own party.

teaser    | Engineers jacked the iron bridge eleven metres downstream in a single night.

furniture | Older posts
"""

LISTING_WITH_TITLES = """
furniture | Search

title     | The flood of 1931

paragraph | The river rose in the night of the first of May, and by morning the market was under water.

heading   | The bell between the piers

paragraph | Divers found a tram bell between the piers of the old bridge. It had been missing since 1988.

heading   | Forty years of ships

paragraph | A keeper of the lighthouse counted ships, and his ledgers are now to be printed.
"""

FAQ = """
title     | Questions about the ferry

heading   | When does the first ferry leave?

paragraph | At six in the morning, on Sundays at eight.

heading   | May I bring a cow?

paragraph | Yes, for three pounds. Dogs ride free.

heading   | Where do I buy a ticket?

paragraph | From the ferryman, who takes coins only.
"""

OPENING_HOURS = """
title     | The reading room

paragraph | Two branches lend to everyone who lives in the valley.

heading   | Upper town

item      | Monday 9–17
item      | Tuesday 9–17
item      | Wednesday 9–17
item      | Thursday 9–12

heading   | Lower town

item      | Monday 9–17
item      | Tuesday 9–17
item      | Wednesday 9–17
item      | Thursday 9–12
"""

WRAPPED = """
title     | The bees of the upper orchard

paragraph | The bees have left the orchard again. I counted seven
          | empty hives on Tuesday, and the miller says that the
          | same thing happened to his in the spring of last year.

paragraph | He thinks that it is the smoke of the new glass works,
          | which the wind carries up the valley every evening.
          | I am not so sure.

heading   | What I shall try

paragraph | A hedge of willow on the western side would cost me not
          | more than a weekend, and it would break the wind.
"""

WRAPPED_LIST = """
paragraph | The committee of the upper orchard asks of every member:

item      | - to keep the gate to the river shut, by day and by night,
          | also when the mill is at work;
item      | - to tell the warden of every swarm that settles outside of
          | the orchard, and not to take it home;
item      | - to pay the rent of the hives in March.
"""

LISTS = """
title     | Rules of the reading room

paragraph | A reader shall:

item      | (a) leave coat and umbrella at the door,
item      | (b) give the name of the book in full,
item      | (c) not write in it,

item      | 1. A book may be kept for a month.

item      | 2. A map may not be taken away.

item      | • Pencils can be had at the desk.

paragraph | The warden decides what these rules leave open.
"""

SLOGANS = """
title     | Statement of the dockers

paragraph | The harbour has been closed for nine days, and the owners have not answered our letter of the first of the month.

paragraph | We call for a meeting of all trades in the great hall.

paragraph | For bread and for the eight hours.

paragraph | Down with the lock-out

paragraph | Open the harbour gates to those who work there.

paragraph | The dockers of Vellmar
"""

POEM = """
title     | The ferryman

paragraph | I took the rope,
paragraph | I took the oar,
paragraph | I never saw
paragraph | the other shore.

paragraph | The rope grew old,
paragraph | the oar grew light,
paragraph | And I rowed on
paragraph | into the night.
"""

MANUAL = """
title     | The manual of the catalogue

heading   | Contents

paragraph | The contents of this manual follow the menus of the catalogue, from left to right.

heading   | 1 Search

paragraph | Type words into the search field. All of them are looked for, in any order.

heading   | Search

paragraph | The button beside the field starts the search; so does the key of return.

heading   | Print

paragraph | What you see is printed as you see it. Choose a printer first.
"""

PAGES = {
    "article": ARTICLE,
    "listing": LISTING,
    "listing with titles": LISTING_WITH_TITLES,
    "faq": FAQ,
    "opening hours": OPENING_HOURS,
    "wrapped": WRAPPED,
    "wrapped list": WRAPPED_LIST,
    "lists": LISTS,
    "slogans": SLOGANS,
    "poem": POEM,
    "manual": MANUAL,
}


def pages() -> Iterator[tuple[str, Page]]:
    """Yield each page, with both kinds of line ends."""
    for name, annotated in PAGES.items():
        for end_name, line_end in (("LF", "\n"), ("CR LF", "\r\n"), ("CR", "\r")):
            yield f"{name}, {end_name}", page(annotated, line_end=line_end)
