"""A lot of several orders, one of which fails, is killed at each step and before each commit: the others lose
nothing, and the failing one is told as it would have been."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from credserv.ground.errors import ConflictError
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Outcome
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep, Recipient
from tests.testkit.issuing import LOT_SCOPE, USED_KEY, award_lot, dying
from tests.testkit.service import ACHIEVEMENT, Clock, Service, make_service

SIZE = 5
STEPS = [f"step:{step.value}" for step in IssuanceStep if step is not IssuanceStep.DELIVERED]


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """With the clock of the machine, as the processes have it that die."""
    made = make_service(database_url, tmp_path, clock=Clock(datetime.now(UTC)))
    yield made
    made.services.close()


def test_attack_122_a_lot_killed_at_each_step_and_before_each_commit_is_whole_when_it_is_sent_again(
    service: Service,
) -> None:
    first = OrderRequest(USED_KEY, ACHIEVEMENT, Recipient(email="first@example.org"))
    award_request(service.services, LOT_SCOPE, first, now=service.clock.now)
    points, outcome = list(STEPS), "killed"
    with dying(service.settings) as carry_out:
        for point in points:
            outcome = carry_out({"lot": str(SIZE), "name": _name(point), "at": point})
            assert outcome == "killed", point
        while outcome == "killed":
            points.append(f"commit:{len(points) - len(STEPS) + 1}")
            outcome = carry_out({"lot": str(SIZE), "name": _name(points[-1]), "at": points[-1]})
    assert outcome == "done"
    assert len(points) - len(STEPS) > 2, "reserved and kept are two commits, and were killed before each"
    before = {point: _found(service, point) for point in points}
    assert any(None in found for found in before.values()), "killed before anything was kept"
    for point in points:
        again = [_sent_again(service, point), _sent_again(service, point)]
        assert again[0] == again[1]
        for reserved, record in zip(before[point], _found(service, point), strict=True):
            _require_whole(service, record)
            assert reserved is None or reserved.signed in (None, record.signed)
            assert reserved is None or (reserved.id, reserved.salt) == (record.id, record.salt)
    counted = service.services.store.credentials.count_by_state()
    assert counted[CredentialState.ACTIVE] == sum(counted.values()) == len(points) * (SIZE - 1) + 1


def _name(point: str) -> str:
    return point.replace(":", "-")


def _found(service: Service, point: str) -> list[CredentialRecord | None]:
    """Of each order of a lot but the failing one."""
    keys = [f"{_name(point)}-{number}" for number in range(SIZE) if number != SIZE // 2]
    return [service.services.store.credentials.find(LOT_SCOPE, key) for key in keys]


def _sent_again(service: Service, point: str) -> list[str]:
    """The credentials, and for the failing order that its key was used."""
    issued = award_lot(service.services, _name(point), SIZE, datetime.now(UTC))
    failed = issued[SIZE // 2]
    assert isinstance(failed.error, ConflictError)
    return [one.require().id for one in issued if one is not failed]


def _require_whole(service: Service, record: CredentialRecord | None) -> None:
    assert record is not None
    assert record.state is CredentialState.ACTIVE
    assert record.signed is not None
    result = service.services.verifier.verify_credential(
        parse_json_object(record.signed), now=datetime.now(UTC), resolvers=service.services.resolvers
    )
    assert result.verified, [check for check in result.checks if check.outcome is not Outcome.PASSED]
