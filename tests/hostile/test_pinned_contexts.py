"""Contexts that an operator pins (found H4): read for whom they were pinned, and for nobody else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.ground.verification import Check, Verdict
from credserv.journeys.check.check import Checked, check
from credserv.journeys.operate.contexts import pin_context, pins_of, remove_context
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.proofs import add_proof
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.operator_pins import OperatorPins
from tests.testkit.proofs import NOW, V2, SigningIssuer, issuer, pinned_contexts
from tests.testkit.service import Service

URL = "https://contexts.example/v1"
CONTEXT = {
    "@context": {
        "@protected": True,
        "GuildCard": "https://guild.example/#GuildCard",
        "rank": "https://guild.example/#rank",
    }
}
CONTENT = json.dumps(CONTEXT).encode()
CREDENTIALS = "https://www.w3.org/2018/credentials#"


def card(by: SigningIssuer, context: dict[str, Any] = CONTEXT) -> dict[str, Any]:
    unsigned = {
        "@context": [V2, URL],
        "type": ["VerifiableCredential", "GuildCard"],
        "issuer": by.did,
        "credentialSubject": {"id": "did:example:1", "rank": "master"},
    }
    return add_proof(
        unsigned,
        suite=EddsaRdfc2022(Canonizer(pinned_contexts().extended({URL: context}))),
        signer=by.signer,
        verification_method=by.method,
        created=NOW,
    )


def checked(service: Service, document: dict[str, Any]) -> Checked:
    return check(service.services, data=json.dumps(document).encode(), url=None, now=service.clock.now)


def proof_of(found: Checked) -> Check:
    return next(one for one in found.result.checks if one.name == "proof")


def pin(service: Service, content: bytes = CONTENT, *issuers: str, url: str = URL) -> None:
    data_dir = service.settings.data_dir
    pin_context(service.services, data_dir, content, url, issuers, actor="test", now=service.clock.now)


def test_found_h4_a_pinned_context_is_read_for_whom_it_was_pinned(sqlite_service: Service) -> None:
    service, ours, other = sqlite_service, issuer(31), issuer(32)
    assert checked(service, card(ours)).verdict is Verdict.NOT_CHECKED
    pin(service, CONTENT, ours.did)
    found = checked(service, card(ours))
    assert found.verdict is Verdict.ISSUER_UNKNOWN
    assert proof_of(found).data["contexts_pinned_by_operator"] == URL
    assert "pinned by the operator" in proof_of(found).reason
    assert checked(service, card(other)).verdict is Verdict.NOT_CHECKED
    altered = card(ours)
    altered["credentialSubject"]["rank"] = "apprentice"
    assert checked(service, altered).verdict is Verdict.NOT_VERIFIED
    pin(service)
    assert checked(service, card(other)).verdict is Verdict.ISSUER_UNKNOWN
    line = service.services.store.audit.recent(1)[0]
    assert (line.action, line.detail["sha256"]) == ("context-pinned", hashlib.sha256(CONTENT).hexdigest())
    remove_context(service.services, service.settings.data_dir, URL, actor="test", now=service.clock.now)
    assert checked(service, card(ours)).verdict is Verdict.NOT_CHECKED


def test_found_h4_a_pinned_file_that_was_changed_is_not_read(sqlite_service: Service) -> None:
    service, by = sqlite_service, issuer(31)
    pin(service)
    assert checked(service, card(by)).verdict is Verdict.ISSUER_UNKNOWN
    (path,) = (service.settings.data_dir / "contexts").glob("*[0-9a-f].json")
    path.write_bytes(CONTENT.replace(b"#rank", b"#tank"))
    assert checked(service, card(by)).verdict is Verdict.NOT_CHECKED
    index = path.with_name("pins.json")
    index.write_text("[")
    assert pins_of(service.settings.data_dir).all() == ()


def test_found_h4_what_we_issue_is_never_read_with_a_pinned_context(sqlite_service: Service) -> None:
    service = sqlite_service
    with pytest.raises(InputError, match="never read"):
        pin(service, CONTENT, service.services.issuer.did)
    pin(service)
    assert service.services.resolvers.pinned(service.services.issuer.did, [URL]) == {}
    headers = service.api_headers("vc-api:issue")
    own = {**card(issuer(31)), "issuer": service.services.issuer.did}
    del own["proof"]
    answer = service.client().post("/credentials/issue", json={"credential": own}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "unknown-context")


@pytest.mark.parametrize(
    "context",
    [
        {"ends": f"{CREDENTIALS}expirationDate"},
        {"c": CREDENTIALS, "ends": "c:validUntil"},
        {"Card": {"@id": "https://a.example/#Card", "@context": {"ends": f"{CREDENTIALS}validUntil"}}},
        {"uid": "@id"},
        {"kind": "@type"},
        {"validUntil": "https://a.example/#validUntil"},
        {"credentialStatus": None},
        {"VerifiableCredential": "https://a.example/#Other"},
        {"@base": "https://a.example/"},
        {"@import": V2},
        {"@propagate": False, "a": "https://a.example/#a"},
        {"@language": "en"},
        {"A": {"@id": "https://a.example/#A", "@context": {"@language": "en"}}},
        {"A": {"@id": "https://a.example/#A", "@context": "https://elsewhere.example/v1"}},
        ["https://elsewhere.example/v1"],
        None,
        7,
        [None],
    ],
    ids=json.dumps,
)
def test_found_h4_a_context_that_could_hide_or_change_what_is_known_is_refused(
    tmp_path: Path, context: Any
) -> None:
    pins = OperatorPins(tmp_path)
    with pytest.raises(InputError):
        pins.pin(json.dumps({"@context": context}).encode(), URL, (), contexts=pinned_contexts(), now=NOW)
    assert pins.all() == ()


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"@context": {}, "@context": {}}', b"x" * 2_000_000]
)
def test_found_h4_what_is_no_context_is_not_pinned(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError):
        OperatorPins(tmp_path).pin(content, URL, (), contexts=pinned_contexts(), now=NOW)


@pytest.mark.parametrize("url", [V2, "http://contexts.example/v1", "urn:x", "contexts.example"])
def test_found_h4_what_is_carried_is_never_replaced(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError):
        OperatorPins(tmp_path).pin(CONTENT, url, (), contexts=pinned_contexts(), now=NOW)
