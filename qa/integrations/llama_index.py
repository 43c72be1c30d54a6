"""A LlamaIndex retriever. Needs the extra ``cited-qa[llama-index]``."""

from __future__ import annotations

import asyncio
from typing import Any

from qa.engine import Engine
from qa.integrations.found import NotFound, ask, metadata, name_extra
from qa.records import Answer, Filters, Result

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import (
        NodeRelationship,
        NodeWithScore,
        QueryBundle,
        RelatedNodeInfo,
        TextNode,
    )
except ModuleNotFoundError as error:
    name_extra(error, "llama_index", "llama-index")
    raise

_FOR_READERS = ("title", "source", "published", "section", "page", "place", "url")
"""Metadata that stand before a node's text in a prompt; the others are for programs."""


class ArchiveRetriever(BaseRetriever):
    """Excerpts of the archive as nodes with scores, best first.

    A node's id is the citation's, its ``ref_doc_id`` the document's, ``start_char_idx`` and
    ``end_char_idx`` count code points of the document's text, ``metadata`` is what
    ``qa.integrations.found.metadata`` returns. ``service`` is the address of a service on the
    same index: links of nodes open there.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        k: int = 5,
        filters: Filters | None = None,
        not_found: NotFound = "nothing",
        service: str = "",
        **options: Any,
    ) -> None:
        """``options`` are those of ``BaseRetriever``."""
        super().__init__(**options)
        self.engine = engine
        self.k = k
        self.filters = filters or Filters()
        self.not_found = not_found
        self.service = service

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        answer, results = ask(
            self.engine,
            query_bundle.query_str,
            k=self.k,
            filters=self.filters,
            not_found=self.not_found,
        )
        return [
            NodeWithScore(node=self._node(answer, result), score=result.score) for result in results
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)

    def _node(self, answer: Answer, result: Result) -> TextNode:
        citation = result.citation
        known = metadata(answer, result, self.service)
        for_programs = [name for name in known if name not in _FOR_READERS]
        return TextNode(
            id_=citation.id,
            text=result.excerpt,
            start_char_idx=citation.start,
            end_char_idx=citation.end,
            metadata=known,
            excluded_llm_metadata_keys=for_programs,
            excluded_embed_metadata_keys=for_programs,
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=citation.document_id)},
        )


__all__ = ["ArchiveRetriever"]
