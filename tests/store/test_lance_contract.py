"""The contract of stores, on LanceDB in a folder and in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.buckets import BusyServer, Server, busy_server
from tests.store import contract
from tests.store.contract import CHECKS, Check
from tests.store.lance import Bucket, SharedFolder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusyServer]:
    """A server whose bucket is a folder."""
    with busy_server(tmp_path_factory.mktemp("bucket")) as running:
        yield running


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_in_a_folder(check: Check, tmp_path: Path) -> None:
    check(SharedFolder(tmp_path))


SEARCHING = [
    contract.exact_results,
    contract.ties_fall_by_id_across_the_cut,
    contract.a_question_without_terms,
    contract.filters_are_applied_before_the_cut,
    contract.required_terms_are_applied_before_the_cut,
    contract.facets_are_applied_before_the_cut,
    contract.statistics_count_passages,
    contract.similar_and_sample,
    contract.a_build_takes_over_what_has_not_changed,
    contract.a_deleted_document_is_hidden_everywhere,
]
"""What an index of the vectors may change."""


@pytest.mark.parametrize("check", SEARCHING, ids=lambda check: check.__name__)
def test_with_an_index_of_the_vectors(check: Check, tmp_path: Path) -> None:
    check(SharedFolder(tmp_path, exact_passages=0))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_in_a_bucket(check: Check, tmp_path: Path, busy: BusyServer) -> None:
    check(Bucket(tmp_path, busy))


WRITING = [
    contract.generations_and_rollback,
    contract.one_build_at_a_time,
    contract.a_build_that_is_refused_leaves_what_was_live,
    contract.a_switch_under_reads,
    contract.a_purged_text_is_nowhere,
]
"""What depends on how a bucket is written."""


@pytest.mark.parametrize("check", WRITING, ids=lambda check: check.__name__)
def test_in_a_bucket_of_another_server(check: Check, tmp_path: Path, s3: Server) -> None:
    check(Bucket(tmp_path, s3))
