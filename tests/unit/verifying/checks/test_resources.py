"""Resources that are named with a digest."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

from credserv.ground.encoding import encode_base64url
from credserv.ground.verification import Check, Outcome
from tests.testkit.proofs import V2, badge, issuer, pinned_contexts
from tests.testkit.verifying import Hosts

ALICE = issuer(1)
URL = "https://badges.example/evidence.pdf"
CONTENT = b"what was meant"


def sri(content: bytes, name: str = "sha256") -> str:
    return f"{name}-{b64encode(hashlib.new(name, content).digest()).decode()}"


def multibase(content: bytes) -> str:
    return "u" + encode_base64url(b"\x12\x20" + hashlib.sha256(content).digest())


def resources(hosts: Hosts, related: Any, **expected: bool) -> list[Check]:
    document = {**badge(ALICE), "relatedResource": related}
    del document["credentialStatus"]
    result = hosts.verify(ALICE.sign(document))
    checks = [check for check in result.checks if check.name == "resources"]
    assert result.verified is not any(
        check.outcome is Outcome.FAILED for check in result.checks if check.required
    )
    return checks


def test_the_resource_that_was_meant() -> None:
    for digest in ({"digestSRI": sri(CONTENT)}, {"digestMultibase": multibase(CONTENT)}):
        (check,) = resources(Hosts({URL: CONTENT}), {"id": URL} | digest)
        assert (check.outcome, check.required) == (Outcome.PASSED, True)
        assert check.data == {"kind": "relatedResource", "id": URL, "carried": False, "bytes": len(CONTENT)}


def test_another_one_decides() -> None:
    (check,) = resources(Hosts({URL: b"something else"}), {"id": URL, "digestSRI": sri(CONTENT)})
    assert (check.outcome, check.code, check.required) == (Outcome.FAILED, "digest-mismatch", True)


def test_of_two_digests_both_must_fit() -> None:
    both = {"id": URL, "digestSRI": sri(CONTENT), "digestMultibase": multibase(b"other")}
    (check,) = resources(Hosts({URL: CONTENT}), both)
    assert check.code == "digest-mismatch"


def test_one_that_cannot_be_had_decides_nothing() -> None:
    (check,) = resources(Hosts(), {"id": URL, "digestSRI": sri(CONTENT)})
    assert (check.outcome, check.code, check.required) == (Outcome.UNKNOWN, "unavailable", False)


def test_a_carried_context_is_never_fetched() -> None:
    hosts, content = Hosts(), pinned_contexts().content(V2)
    assert content is not None
    (check,) = resources(hosts, {"id": V2, "digestSRI": sri(content, "sha512")})
    assert (check.outcome, check.data["carried"]) == (Outcome.PASSED, True)
    (check,) = resources(hosts, {"id": V2, "digestSRI": sri(b"other")})
    assert check.outcome is Outcome.FAILED
    assert hosts.asked == []


def test_only_so_many_are_looked_at() -> None:
    hosts = Hosts()
    many = [{"id": f"{URL}?{number}", "digestSRI": sri(CONTENT)} for number in range(20)]
    checks = resources(hosts, many)
    assert (len(checks), len(hosts.asked), checks[-1].code) == (9, 8, "too-large")


def test_an_image_with_a_digest() -> None:
    image = {"id": "https://badges.example/1.png", "type": "Image", "digestSRI": sri(b"PNG")}
    for page, outcome in ((b"PNG", Outcome.PASSED), (b"GIF", Outcome.FAILED)):
        document = badge(ALICE)
        del document["credentialStatus"]
        document["credentialSubject"]["achievement"]["image"] = image
        result = Hosts({image["id"]: page}).verify(ALICE.sign(document))
        check = result.check("resources")
        assert check is not None
        assert (check.outcome, check.data["kind"]) == (outcome, "image")


def test_a_credential_that_names_none_is_asked_about_none() -> None:
    document = badge(ALICE)
    del document["credentialStatus"]
    assert Hosts().verify(ALICE.sign(document)).check("resources") is None
