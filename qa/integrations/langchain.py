"""A LangChain retriever. Needs the extra ``cited-qa[langchain]``."""

from __future__ import annotations

from qa.engine import Engine
from qa.integrations.found import NotFound, ask, metadata, name_extra
from qa.records import Filters

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import run_in_executor
except ModuleNotFoundError as error:
    name_extra(error, "langchain_core", "langchain")
    raise


class ArchiveRetriever(BaseRetriever):
    """Excerpts of the archive as documents, best first.

    ``page_content`` is the excerpt, ``id`` the citation's, ``metadata`` what
    ``qa.integrations.found.metadata`` returns. ``filters`` may be a mapping.
    """

    engine: Engine
    k: int = 5
    filters: Filters = Filters()
    not_found: NotFound = "nothing"
    service: str = ""
    """Address of a service on the same index: links of documents open there."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        answer, results = ask(
            self.engine, query, k=self.k, filters=self.filters, not_found=self.not_found
        )
        return [
            Document(
                page_content=result.excerpt,
                id=result.citation.id,
                metadata=metadata(answer, result, self.service),
            )
            for result in results
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return await run_in_executor(
            None, self._get_relevant_documents, query, run_manager=run_manager.get_sync()
        )


__all__ = ["ArchiveRetriever"]
