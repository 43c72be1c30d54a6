"""What a retriever returns: the results worth returning, and what is known of each."""

from __future__ import annotations

from typing import Any, Literal

from qa.engine import Engine
from qa.present.wire import citation_body
from qa.records import Answer, Filters, Question, Result

NotFound = Literal["nothing", "nearest"]
"""What a retriever returns if the archive does not seem to answer."""

_NAMES = {"id": "citation_id", "start": "start_index", "end": "end_index"}
"""Fields of a citation that get another name in metadata."""


def name_extra(error: ModuleNotFoundError, library: str, extra: str) -> None:
    """Make an import error of ``library`` say which extra installs it.

    If the library is installed but lacks another module, the error keeps its own message.
    """
    if (error.name or "").split(".")[0] == library:
        error.msg = f"{library} is not installed: pip install 'cited-qa[{extra}]'"


def ask(
    engine: Engine, query: str, *, k: int, filters: Filters, not_found: NotFound
) -> tuple[Answer, list[Result]]:
    """Ask, and return the answer with its results, best first. Raises QuestionError.

    A language model tends to answer from the passages that it is given. So if the verdict is
    ``not_found``, there are no results, unless the nearest ones are asked for.
    """
    answer = engine.ask(Question(query, k=k, filters=filters))
    nothing = answer.verdict == "not_found" and not_found == "nothing"
    return answer, [] if nothing else list(answer.results)


def metadata(answer: Answer, result: Result, service: str) -> dict[str, Any]:
    """Return the metadata of a result, flat, as texts and numbers; unknown values are left out.

    It is the result's citation, with the verdict of the answer.

    ``start_index`` and ``end_index`` count code points of the document's text. ``score`` is higher for
    better results, within one question. ``url`` opens the citation in the ``service``; without a
    service it is the document's own address.
    """
    base = service.rstrip("/")
    known = {
        _NAMES.get(name, name): value
        for name, value in citation_body(result.citation, base).items()
    }
    known |= {
        "url": known["url"] if service else result.citation.original_url,
        "rank": result.rank,
        "score": result.score,
        "verdict": answer.verdict,
        "confidence": answer.confidence,
    }
    return {name: value for name, value in known.items() if value is not None}
