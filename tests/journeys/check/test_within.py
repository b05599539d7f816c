"""What holds credentials of ours is no better than they are in our store, at any moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from credserv.ground.verification import Verdict
from credserv.journeys.check.check import Checked, check
from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialState
from tests.testkit.proofs import OB3, V2, SigningIssuer, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import Hosts
from tests.unit.verifying.checks.test_nested import CLR

BOB: SigningIssuer = issuer(2)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=Hosts())


def presented(service: Service, credential_id: str) -> Checked:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.signed is not None
    presentation = {
        "@context": [V2, CLR, OB3],
        "type": ["VerifiablePresentation"],
        "holder": BOB.did,
        "verifiableCredential": [json.loads(record.signed)],
    }
    signed = presentation | {"proof": BOB.prove(presentation, proofPurpose="authentication", created=None)}
    now = service.clock.now
    return check(service.services, data=json.dumps(signed).encode(), url=None, now=now)


def test_a_credential_that_was_taken_back_a_moment_ago_is_not_presented_as_good(service: Service) -> None:
    credential_id = service.issue()
    found = presented(service, credential_id)
    assert found.result.verified, found.result.checks
    now = service.clock.advance(seconds=1)
    set_status(
        service.services, credential_id, CredentialState.REVOKED, reason="a test", actor="test", now=now
    )
    found = presented(service, credential_id)
    assert found.verdict is Verdict.NOT_VERIFIED
    made = found.result.check("credential")
    assert made is not None
    assert made.code == "revoked"
    assert found.within[0].verdict is Verdict.NOT_VERIFIED
