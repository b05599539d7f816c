"""Rows F6, H5, S4, F10, S2 and B24 of found.md: who speaks for a host, and as whom an issuer is told."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from credserv.fetch.guarded import Fetched
from credserv.ground.errors import CredservError
from credserv.ground.verification import Outcome
from credserv.journeys.check.check import _shortened
from credserv.proof.rdf.inline_contexts import InlineCanonizer
from credserv.verifying.assertion import verify_assertion
from tests.testkit.badges2 import CONTEXT, HOST, HOSTED, ISSUER, assertion, pages
from tests.testkit.proofs import NOW, OB3, V2, badge, issuer, pinned_contexts
from tests.testkit.verifying import Hosts


@dataclass
class Typed(Hosts):
    """Hosts that serve with types of their own. types: by URL."""

    types: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        found = super().get(url, accept=accept, max_bytes=max_bytes)
        media_type, attachment = self.types.get(url, ("application/json", False))
        return Fetched(found.url, found.body, media_type, attachment)


def verify(hosts: Hosts, document: dict[str, Any] | None = None) -> Any:
    return verify_assertion(document or assertion(), now=NOW, resolvers=hosts.resolvers)


@pytest.mark.parametrize(
    ("served", "good"),
    [
        (("application/json", False), True),
        (("application/ld+json", False), True),
        (("", False), True),
        (("image/png", False), False),
        (("text/html", False), False),
        (("text/plain", False), False),
        (("application/octet-stream", False), False),
        (("application/json", True), False),
    ],
    ids=str,
)
@pytest.mark.parametrize("address", [HOSTED, ISSUER])
def test_found_f6_only_json_of_the_hosts_own_speaks_for_it(
    address: str, served: tuple[str, bool], good: bool
) -> None:
    proof = verify(Typed(pages(), types={address: served})).result.check("proof")
    assert (proof.outcome is Outcome.PASSED) is good
    assert good or proof.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("served", [("image/png", False), ("application/json", True)])
def test_found_f6_nor_is_a_did_document_an_uploaded_file(served: tuple[str, bool]) -> None:
    did, key = "did:web:badges.example:uploads:9", issuer(9)
    method = {
        "id": f"{did}#k",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": key.signer.public_key_multibase,
    }
    url = "https://badges.example/uploads/9/did.json"
    page = {"id": did, "verificationMethod": [method], "assertionMethod": [f"{did}#k"]}
    document = badge(key, issuer=did)
    signed = document | {"proof": key.prove(document, verificationMethod=f"{did}#k")}
    assert Typed({url: page}).verify(signed).passed("proof")
    found = Typed({url: page}, types={url: served}).verify(signed).check("proof")
    assert found is not None
    assert found.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "change",
    [
        {"@context": "https://w3id.org/openbadges/invalid"},
        {"@context": "https://evil.example/?w3id.org/openbadges/v2"},
        {"@context": ["https://w3id.org/openbadges/v2x"]},
        {"image": "data:image/png;base64,iVBORw0KGgo="},
        {"image": {"id": "data:image/png;base64,iVBORw0KGgo="}},
        {"extensions:x": "text"},
        {"extensions:x": {"type": ["Extension"]}},
        {"extensions:x": {"@context": CONTEXT, "type": "Other"}},
    ],
    ids=str,
)
def test_found_s4_h5_what_1edtechs_own_checks_refuse(change: dict[str, Any]) -> None:
    changed = assertion(**change)
    result = verify(Hosts(pages() | {HOSTED: changed}), changed).result
    assert result.check("structure").outcome is Outcome.FAILED
    assert not result.verified


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"@context": [CONTEXT, "https://other.example/context.json"]},
        {"image": f"{HOST}/baked.png"},
        {"extensions:x": {"@context": f"{HOST}/x.json", "type": ["Extension", "extensions:X"]}},
    ],
    ids=str,
)
def test_found_s4_h5_what_they_take_is_taken(change: dict[str, Any]) -> None:
    changed = assertion(**change)
    assert verify(Hosts(pages() | {HOSTED: changed}), changed).result.verified


@pytest.mark.parametrize("says_the_same", [True, False])
def test_found_h5_an_id_that_differs_by_its_ending_where_the_host_says_the_same(says_the_same: bool) -> None:
    served, other = pages(), f"{ISSUER.removesuffix('.json')}"
    served[ISSUER] = {**served[ISSUER], "id": other}
    served[other] = copy.deepcopy(served[ISSUER]) if says_the_same else {**served[ISSUER], "name": "Else"}
    assert verify(Hosts(served)).result.passed("proof") is says_the_same


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("attacker.example", "attacker.example"),
        ("badges.school.example/students/9", "badges.school.example/students/9"),
        ("university.example.edu." + "x" * 40 + "." + "y" * 40 + ".attacker.example", "attacker.example"),
        (("a" * 60 + ".") * 3 + "attacker.example/" + "p" * 200, "attacker.example"),
    ],
)
def test_found_f10_whose_domain_it_is_always_shows(place: str, shown: str) -> None:
    assert shown in _shortened(place)


@pytest.mark.parametrize(
    "context",
    [{"@vocab": None}, {"@vocab": 5}, {"@base": {}}, {"@version": "x"}, {"a": {"@id": None, "@type": []}}],
    ids=json.dumps,
)
def test_found_s2_no_exception_of_a_library_passes_the_reader(context: dict[str, Any]) -> None:
    document = badge(issuer(1)) | {"@context": [V2, OB3, context]}
    try:
        InlineCanonizer(pinned_contexts()).canonize_utf8(document)
    except CredservError:
        return
