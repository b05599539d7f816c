"""An organisation that is closed during a run fails none of its rows: they are done once it is open again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from credserv.ground.errors import OrganisationMovedError
from credserv.journeys.award.batch import award_batch
from credserv.journeys.award.in_bulk import prepare
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.award.in_bulk.cohort import Cohort, prepare_revocation
from credserv.journeys.award.in_bulk.prepare import SCOPE, build_request
from credserv.journeys.award.in_bulk.revoke import revoke
from credserv.journeys.operate.organisation import close_organisation, reopen_organisation
from credserv.records.bulk import RowState, RunRecord, RunState
from credserv.records.credentials import CredentialState
from tests.journeys.award.test_bulk import check, rows
from tests.journeys.award.test_reissue import correct, look, record
from tests.testkit.service import ACHIEVEMENT, Service


@contextmanager
def closed_during(service: Service, run: RunRecord) -> Iterator[None]:
    """Three rounds of the worker while it is closed, and then it is open again."""
    bulk.begin(service.services, run.id, actor="console", now=service.clock.now)
    close_organisation(service.services.store, actor="test", now=service.clock.now)
    for _ in range(3):
        go_on(service)
    yield
    reopen_organisation(service.services.store, actor="test", now=service.clock.now)
    while prepare.find_run(service.services, run.id).state is RunState.RUNNING:
        go_on(service)


def go_on(service: Service) -> int:
    own = service.services.at_name("main")
    return bulk.carry_on(own, clock=service.clock, stopping=lambda: False)


def test_rows_after_one_that_a_killed_worker_issued_wait(service: Service) -> None:
    run = check(service, rows(3))
    first, *_ = bulk.rows_of(service.services, run.id, limit=9)
    asked = [build_request(first.key, first.order)]
    award_batch(service.services, scope=SCOPE, requests=asked, now=service.clock.now, actor="console")
    with closed_during(service, run):
        found = prepare.find_run(service.services, run.id)
        assert found.counts == {RowState.ISSUED: 1, RowState.READY: 2}
    assert prepare.find_run(service.services, run.id).counts == {RowState.ISSUED: 3}


def test_badges_to_be_issued_again_stay_in_force_and_wait(service: Service) -> None:
    credential_id = service.issue()
    correct(service)
    run = look(service)
    with closed_during(service, run):
        assert prepare.find_run(service.services, run.id).counts == {RowState.READY: 1}
        assert record(service, credential_id).state is CredentialState.ACTIVE
    assert prepare.find_run(service.services, run.id).counts == {RowState.ISSUED: 1}


def test_a_run_that_revokes_goes_on_beside_one_that_waits(service: Service) -> None:
    credential_id = service.issue()
    waiting = check(service, rows(3))
    service.clock.advance(seconds=1)
    revoking = prepare_revocation(
        service.services, Cohort(ACHIEVEMENT), "a mistake", actor="console", now=service.clock.now
    )
    bulk.begin(service.services, revoking.id, actor="console", now=service.clock.now)
    with closed_during(service, waiting):
        assert record(service, credential_id).state is CredentialState.REVOKED
        assert prepare.find_run(service.services, waiting.id).counts == {RowState.READY: 3}


def test_what_somebody_else_revoked_meanwhile_keeps_their_reason(service: Service) -> None:
    credential_id = service.issue()
    now = service.clock.now
    run = prepare_revocation(service.services, Cohort(ACHIEVEMENT), "a mistake", actor="console", now=now)
    bulk.begin(service.services, run.id, actor="console", now=now)
    revoke(service.services, credential_id, "another reason", actor="somebody", now=now)
    go_on(service)
    (row,) = bulk.rows_of(service.services, run.id, limit=9)
    assert (row.state, row.note) == (RowState.FAILED, "it was revoked before")
    assert record(service, credential_id).reason == "another reason"


def test_where_it_was_moved_nothing_is_called_revoked(service: Service) -> None:
    credential_id = service.issue()
    service.services.store.organisation.mark_moved(service.clock.now)
    with pytest.raises(OrganisationMovedError):
        revoke(service.services, credential_id, "a mistake", actor="test", now=service.clock.now)
