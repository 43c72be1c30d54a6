"""What a retriever returns: the results worth returning, and what is known of each."""

from __future__ import annotations

from typing import Any, Literal

from qa.engine import Engine
from qa.present.wire import citation_body
from qa.records import Answer, Filters, Question, Result

NotFound = Literal["nothing", "nearest"]
"""What to return when the archive does not seem to answer."""

_NAMES = {"id": "citation_id", "start": "start_index", "end": "end_index"}
"""Fields of a citation that have another name where they stand alone."""


def name_extra(error: ModuleNotFoundError, library: str, extra: str) -> None:
    """Let an error of importing ``library`` say which extra brings it.

    A library that is there and lacks something of its own keeps its own words.
    """
    if (error.name or "").split(".")[0] == library:
        error.msg = f"{library} is not installed: pip install 'cited-qa[{extra}]'"


def ask(
    engine: Engine, query: str, *, k: int, filters: Filters, not_found: NotFound
) -> tuple[Answer, list[Result]]:
    """Ask, and return the answer with its results, best first. Raises QuestionError.

    A language model that is given passages tends to answer from them, so when the verdict is
    ``not_found`` there are none, unless the nearest are asked for.
    """
    answer = engine.ask(Question(query, k=k, filters=filters))
    nothing = answer.verdict == "not_found" and not_found == "nothing"
    return answer, [] if nothing else list(answer.results)


def metadata(answer: Answer, result: Result, service: str) -> dict[str, Any]:
    """Return what is known of a result, flat, as texts and numbers; what is unknown is left out.

    It is the result's citation, as every face shows it, with what the answer is worth.

    ``start_index`` and ``end_index`` count code points of the document's text; ``score`` is
    higher for better results, of one question alone. ``url`` opens the citation in the
    ``service`` where one is named, else it is the document's own address.
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
