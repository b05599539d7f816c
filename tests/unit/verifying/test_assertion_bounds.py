"""Open Badges 2.0 assertions: what is told to the word, and what stands beside what decides."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import ProofError, UnsupportedProofError
from credserv.ground.verification import Outcome
from credserv.verifying.assertion_hosts import BadgeHosts
from tests.testkit.badges2 import (
    BADGE,
    HOST,
    HOSTED,
    ISSUER,
    KEY,
    REVOKED,
    SIGNED,
    assertion,
    pages,
    pem,
    rsa_key,
    sign,
    signed_assertion,
)
from tests.testkit.verifying import Hosts
from tests.unit.verifying.test_assertion import Gone, changed, made, verify

AWAY = f"{HOST}/away.json"


# --- hosted ---------------------------------------------------------------------------------------


def test_an_assertion_without_its_badge_is_not_thereby_revoked() -> None:
    verified = verify(assertion(), changed(HOSTED, badge=None))
    assert made(verified, "proof").code == "unsupported-proof"
    assert made(verified, "status").outcome is Outcome.SKIPPED


def test_what_does_not_say_how_it_is_verified_is_taken_as_it_comes() -> None:
    assert verify(assertion(verification=None), changed(HOSTED, verification=None)).result.verified
    assert verify(sign(signed_assertion(verification=None))).result.verified


def test_why_it_is_revoked_is_told_where_that_is_said() -> None:
    stub = {"id": HOSTED, "revoked": True}
    said = "The address that it names as its own says that it is revoked"
    for hosts, end in (
        (Gone(), "."),
        (Hosts({HOSTED: stub}), "."),
        (Hosts({HOSTED: stub | {"revocationReason": 7}}), "."),
        (Hosts({HOSTED: stub | {"revocationReason": "A mistake"}}), ": A mistake"),
    ):
        status = made(verify(assertion(), hosts=hosts), "status")
        assert (status.reason, status.data["address"]) == (said + end, HOSTED)
    for changes, end in (({}, "."), ({"revocationReason": "A mistake"}, ": A mistake")):
        whole = verify(assertion(), changed(HOSTED, revoked=True, **changes))
        assert made(whole, "status").reason == f"It is revoked by its issuer{end}"


def test_an_address_alone_does_not_differ_from_what_stands_there() -> None:
    for given in ({"id": HOSTED}, {"id": HOSTED, "verification": {"type": "hosted"}, "verify": {}}):
        proof = made(verify(given), "proof")
        assert (proof.outcome, "differs" in proof.reason) == (Outcome.PASSED, False)


def test_what_could_not_be_proven_is_told_by_its_way_and_address() -> None:
    proof = made(verify(assertion(), {}), "proof")
    assert dict(proof.data) == {"method": "hosted", "address": HOSTED}


# --- hosts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "served", "same"),
    [
        (HOSTED, {}, True),
        (None, {}, True),
        (HOSTED.replace("https", "http"), {}, True),
        (HOSTED.removesuffix(".json"), {HOSTED.removesuffix(".json"): None}, True),
        (HOSTED.removesuffix(".json"), {HOSTED.removesuffix(".json"): {"id": "other"}}, False),
        (HOSTED.removesuffix(".json"), {}, False),
        (f"{HOST}/assertions/2.json", {f"{HOST}/assertions/2.json": None}, False),
        (f"{HOSTED}?v=2_0", {f"{HOSTED}?v=2_0": None}, True),
        (f"{HOSTED}?v=2_0", {f"{HOSTED}?v=2_0": assertion()}, False),
        (f"{HOSTED}?v=2_0", {}, False),
        (7, {}, False),
    ],
)
def test_by_which_names_a_document_goes(named: Any, served: dict[str, Any], same: bool) -> None:
    """served: None for the same document."""
    document = assertion(id=named)
    hosts = Hosts(
        {HOSTED: document} | {url: document if page is None else page for url, page in served.items()}
    )
    assert BadgeHosts(hosts).is_named(document, HOSTED) is same


def test_a_document_is_asked_for_once() -> None:
    hosts = Hosts(pages())
    asking = BadgeHosts(hosts)
    assert asking.get(HOSTED) == asking.get(HOSTED) == assertion()
    assert hosts.asked == [HOSTED]


# --- signed ---------------------------------------------------------------------------------------


def test_a_badge_with_an_id_or_without_an_address_of_a_key_is_no_old_one() -> None:
    way = {"type": "SignedBadge", "creator": KEY, "url": KEY}
    assert verify(sign(signed_assertion(verification=way))).result.verified
    assert verify(sign(signed_assertion(id=None, uid="1"))).result.verified


@pytest.mark.parametrize("keys", [[AWAY, KEY], [KEY, AWAY]], ids=["first", "last"])
def test_a_key_that_is_away_may_be_the_one_that_signed(keys: list[str]) -> None:
    way = {"type": "SignedBadge"}
    served = changed(ISSUER, publicKey=keys)
    assert made(verify(sign(signed_assertion(verification=way), number=2), served), "proof").code == (
        "unavailable"
    )
    assert verify(sign(signed_assertion(verification=way)), served).result.verified


def test_a_key_stands_in_the_profile_or_at_its_own_address() -> None:
    written = {"id": f"{HOST}/k2.json", "publicKeyPem": pem(rsa_key(2))}
    way = {"type": "SignedBadge"}
    for keys, number in (([written], 2), ([{"id": KEY}], 1)):
        verified = verify(
            sign(signed_assertion(verification=way), number=number), changed(ISSUER, publicKey=keys)
        )
        assert made(verified, "proof").outcome is Outcome.PASSED
    other = [written | {"owner": "https://evil.example/"}]
    proof = made(
        verify(sign(signed_assertion(verification=way), number=2), changed(ISSUER, publicKey=other)), "proof"
    )
    assert proof.code == "verification-method"


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([{"id": SIGNED, "revoked": False}], ""),
        ([{"id": SIGNED, "revoked": True}], "revoked"),
        ([{"uid": "1"}], "revoked"),
        ([{"uid": "2"}, "urn:other"], ""),
        ([{"id": 7}], "unavailable"),
        ([{}], "unavailable"),
        ([7, {"uid": "1"}], "revoked"),
    ],
)
def test_what_a_list_of_revoked_badges_says(entries: list[Any], code: str) -> None:
    status = made(
        verify(sign(signed_assertion(uid="1")), changed(REVOKED, revokedAssertions=entries)), "status"
    )
    assert (status.code, status.data["list"]) == (code, REVOKED)


def test_why_a_list_revokes_a_badge_is_told() -> None:
    for entry, end in ((SIGNED, "."), ({"id": SIGNED, "revocationReason": "A mistake"}, ": A mistake")):
        served = changed(REVOKED, revokedAssertions=[entry])
        status = made(verify(sign(signed_assertion()), served), "status")
        assert status.reason == f"It is revoked by its issuer{end}"
    reason = made(verify(sign(signed_assertion()), changed(ISSUER, revocationList=None)), "status").reason
    assert reason == "Its issuer keeps no list of revoked badges."


def test_a_badge_class_that_names_no_issuer_is_asked_of_its_host() -> None:
    within = {name: value for name, value in pages()[BADGE].items() if name != "issuer"}
    verified = verify(sign(signed_assertion(badge=within | {"name": "Within"})))
    assert verified.document["badge"]["name"] == "Mentor"


@pytest.mark.parametrize(
    ("path", "climbs"),
    [
        ("/a/b.json", False),
        ("/a..b/.c/d...", False),
        ("/a?b=/../c", False),
        ("/a#/../c", False),
        ("", False),
        ("/a/../b", True),
        ("/./b", True),
        ("/a/..", True),
        ("/a/%2e%2e/b", True),
        ("/a/%252e%252E/b", True),
        ("/a%2f..%2fb", True),
        ("/a/..\\b", True),
    ],
)
def test_an_address_says_plainly_where_on_its_host_it_leads(path: str, climbs: bool) -> None:
    hosts = BadgeHosts(Hosts({HOST + path: {"id": "x"}}))
    if climbs:
        with pytest.raises(ProofError, match="does not say plainly where"):
            hosts.get(HOST + path)
    else:
        assert hosts.get(HOST + path) == {"id": "x"}
        assert hosts.get(HOST.replace("https:", "http:") + path) == {"id": "x"}
    with pytest.raises(UnsupportedProofError, match="from which anything could be had"):
        hosts.get("urn:uuid:1")
