"""What a store shows, read through its protocol alone."""

from __future__ import annotations

from collections.abc import Sequence

from qa.records import Filters, PassageId
from qa.store import Query, Store, StoredPassage
from tests.fake import direction


def ids_of(store: Store) -> list[PassageId]:
    """Return the ids of all passages, in their order."""
    return [one.id for one in store.sample(store.info.passages)]


def passages_of(store: Store) -> Sequence[StoredPassage]:
    """Return all passages, in the order of their ids."""
    return store.fetch(ids_of(store), ()).passages


def left_by(store: Store, filters: Filters) -> list[PassageId]:
    """Return the ids of the passages that a filter leaves, in their order."""
    everything = Query(direction("any"), (), store.info.passages, filters)
    return sorted(store.candidates(everything).dense)
