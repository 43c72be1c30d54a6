"""Counts of what the archive holds, for a timeline and for choosing filters."""

from __future__ import annotations

from itertools import islice

from fastapi import APIRouter, Request

from qa.api import schemas
from qa.api.errors import JsonResponse, responses
from qa.api.service import engine_of, service_of
from qa.present.wire import index_body
from qa.settings import lines_of

MAX_FOLDERS = 100
MAX_SKIPPED = 200

router = APIRouter(prefix="/v1", tags=["documents"])


@router.get("/archive", response_model=schemas.ArchiveResponse, responses=responses(413, 500, 503))
def archive(request: Request) -> JsonResponse:
    """Count the documents by month, by folder and by facet; give what a first screen shows."""
    engine = engine_of(request)
    found, settings = engine.archive, service_of(request).settings
    return JsonResponse(
        {
            "documents": found.documents,
            "dated": dict(found.dated),
            "undated": found.undated,
            "folders": [
                {"name": name, "documents": count}
                for name, count in islice(found.folders.items(), MAX_FOLDERS)
            ],
            "facets": [
                {
                    "name": facet.name,
                    "documents": facet.documents,
                    "values": [
                        {"value": value, "documents": count} for value, count in facet.values
                    ],
                    "distinct": facet.distinct,
                }
                for facet in found.facets
            ],
            "judging": service_of(request).judgements is not None,
            "name": settings.archive_name or None,
            "welcome": settings.welcome or None,
            "examples": lines_of(settings.sample_questions) or engine.examples,
            "skipped": [
                {"source": source, "reason": reason}
                for source, reason in islice(found.skipped, MAX_SKIPPED)
            ],
            "skipped_total": len(found.skipped),
            "index": index_body(engine.info),
        }
    )
