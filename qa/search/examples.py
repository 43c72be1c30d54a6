"""Sample questions that are taken from an archive: what a newcomer can ask first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from qa.store import Store
from qa.store.protocol import spread

_DOCUMENTS, _CHARACTERS = 24, 20_000
"""How many documents are looked at, spread evenly by source, and how much of each."""
_LONGEST, _SHORTEST = 120, 3
"""A heading that is a sample question has at most so many characters, and at least so many words."""
_ASKS = re.compile(r"[?\uff1f\u061f]\s*\Z")
# A name: words with capitals after a word in small letters, so that the first word of a sentence is none.
_NAME = re.compile(
    r"(?<=[a-z\u00df-\u00ff] )"
    r"[A-Z\u00c0-\u00de][^\W\d_]+(?: (?:(?:de|del|di|da|of|van|von|la|le) )*[A-Z\u00c0-\u00de][^\W\d_]+){1,3}"
)


def examples(store: Store, most: int = 4) -> tuple[str, ...]:
    """Return up to ``most`` sample questions.

    Titles and headings that are questions come first, word for word. Then come the names that most
    documents have, at least two of them.
    """
    entries = store.listing()
    asked: dict[str, None] = {}
    names: Counter[str] = Counter()
    for place in spread(len(entries), _DOCUMENTS):
        document = store.document(entries[place].id)
        if document is None:
            continue
        headings = (document.title or "", *(section.title for section in document.sections))
        asked.update(dict.fromkeys(_questions(headings)))
        text = " ".join(document.text[:_CHARACTERS].split())
        names.update({match.group() for match in _NAME.finditer(text)})
    known = [name for name, count in names.most_common() if count > 1]
    # "Evo" and "Evo Morales" may both be names; one of them is enough.
    chosen = [n for n in known if not any(n != other and n in other for other in known)]
    form = "What is said about {}?" if store.recipe.language == "en" else "{}"
    return (*asked, *(form.format(name) for name in sorted(chosen, key=lambda n: (-names[n], n))))[
        :most
    ]


def _questions(headings: tuple[str, ...]) -> Iterator[str]:
    for heading in headings:
        words = heading.lstrip("# ").strip()
        if _ASKS.search(words) and len(words) <= _LONGEST and len(words.split()) >= _SHORTEST:
            yield words
