"""cited-qa itself, with its defaults, the engine in process."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from harness import DEPTH, Built, Document, Opened, main


class CitedQa:
    """Answers are timed through ``Engine.ask``, judged through ``Engine.rank`` as qa eval does."""

    packages = ("cited-qa", "onnxruntime", "faiss-cpu", "numpy")

    def build(self, documents: Sequence[Document], folder: Path) -> Built:
        """Build an index of one document, which exports the model, then that of all."""
        from qa.build.builder import build_index
        from qa.evaluate.corpora import make_row_document
        from qa.evaluate.datasets import Row
        from qa.settings import Settings

        rows = (Row(document.id, document.title, document.text) for document in documents)
        made = [document for document in map(make_row_document, rows) if document is not None]
        made.sort(key=lambda document: document.source)
        settings = Settings(index=str(folder / "index"))
        build_index([folder], settings, documents=made[:1])
        report = build_index([folder], settings, documents=made)
        # The model reads a token before and one after each passage that are not counted there.
        return Built(report.seconds, report.passages, report.tokens + 2 * report.passages)

    def open(self, configuration: str, folder: Path) -> Opened:
        """Open the index."""
        from qa.engine import Engine
        from qa.records import Answer, Question

        engine = Engine.open(folder / "index")

        def ask(text: str) -> Answer:
            return engine.ask(Question(text, k=DEPTH))

        def rank(text: str) -> list[str]:
            from qa.evaluate.corpora import rank_documents
            from qa.evaluate.runs import DEPTH as DOCUMENTS

            share = engine.info.passages / engine.info.documents
            depth = math.ceil(1.5 * DOCUMENTS * max(1.0, share))
            ranked = rank_documents(engine.rank(text, depth=depth))
            return [document.document for document in ranked]

        return Opened(ask, rank)


if __name__ == "__main__":
    main(CitedQa())
