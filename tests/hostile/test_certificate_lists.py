"""Certificates that their authority revoked (row H3 of found.md), and lists of them that say nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from credserv.fetch.guarded import FetchLimits, GuardedFetcher
from credserv.ground.encoding import format_instant
from credserv.ground.errors import FetchRefusedError
from credserv.ground.verification import Check, Outcome, VerificationResult
from credserv.proof.keys.certificate_lists import MAX_BYTES
from credserv.proof.keys.certificates import read_anchor
from credserv.proof.tokens.cose import signed_bytes
from credserv.verifying.checks.certificate_status import FRESH, CertificateLists
from tests.hostile.test_certificates import HOST, ISSUER, chained
from tests.hostile.test_cose import enveloped
from tests.testkit.certificates import certified, revocations, scoped
from tests.testkit.cose import encode
from tests.testkit.https_host import http, https_host
from tests.testkit.proofs import NOW
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import Hosts, verifier

CRL_POINTS = x509.CRLDistributionPoints.oid
ROOTS, MIDDLES = "http://ca.example/root.crl", "https://ca.example/middle.crl"
ROOT = certified("Root", ca=True)
MIDDLE = certified("Middle", ROOT, ca=True, path_length=0, lists=(ROOTS,))
LEAF = certified("Signer", MIDDLE, dns=HOST, lists=(MIDDLES,))
ANCHORS = (read_anchor(ROOT.pem, (), ""),)
GOOD = {ROOTS: revocations(ROOT), MIDDLES: revocations(MIDDLE)}


@cache
def made() -> str:
    return chained(LEAF, MIDDLE)


def lists_of(pages: dict[str, bytes]) -> CertificateLists:
    """Of which none was seen yet."""
    return CertificateLists(lambda url: Hosts(pages).get(url).body, 60)


def result_of(
    given: Any, pages: dict[str, bytes], seen: CertificateLists | None = None, now: datetime = NOW
) -> VerificationResult:
    """seen: whose memory counts."""
    lists = lists_of(pages)
    resolvers = replace(
        Hosts(pages).resolvers,
        anchors=lambda _issuer: ANCHORS,
        certificate_lists=replace(seen, fetch=lists.fetch) if seen else lists,
    )
    return verifier().verify_secured(given, now=now, resolvers=resolvers).result


def proof_of(pages: dict[str, bytes], seen: CertificateLists | None = None, now: datetime = NOW) -> Check:
    result = result_of(made(), pages, seen, now)
    found = result.check("proof")
    assert found is not None
    assert result.verified is (found.outcome is Outcome.PASSED)
    return found


def test_found_h3_lists_on_which_no_certificate_stands_are_told() -> None:
    found = proof_of(GOOD)
    assert found.outcome is Outcome.PASSED, found.reason
    assert found.data["certificateRevocation"] == "not revoked"
    assert found.data["certificateListsFrom"] == format_instant(NOW - timedelta(hours=1))
    assert "authorities' lists of" in found.reason


@pytest.mark.parametrize(
    "pages",
    [{MIDDLES: revocations(MIDDLE, LEAF)}, {ROOTS: revocations(ROOT, MIDDLE)}],
    ids=["signer", "authority between"],
)
def test_found_h3_a_revoked_certificate_proves_no_key(pages: dict[str, bytes]) -> None:
    found = proof_of({**GOOD, **pages})
    assert (found.outcome, found.code) == (Outcome.FAILED, "certificate-revoked")


STRANGER = certified("Middle", certified("Root", ca=True), ca=True)  # by the same names
OTHER_PLACE = scoped(full_name=[x509.UniformResourceIdentifier("http://ca.example/other.crl")])
SILENT: dict[str, bytes | None] = {
    "not there": None,
    "no list": b"<html>",
    "empty": b"",
    "by a stranger of the same name": revocations(STRANGER),
    "by the one above": revocations(ROOT),
    "by the one above, as its own": revocations(ROOT, name=MIDDLE.certificate.subject),
    "by the signer itself": revocations(LEAF, name=MIDDLE.certificate.subject),
    "ended": revocations(MIDDLE, ends=NOW),
    "dated ahead": revocations(MIDDLE, made=NOW + timedelta(hours=1)),
    "of authorities alone": revocations(MIDDLE, scope=scoped(only_contains_ca_certs=True)),
    "of attributes alone": revocations(MIDDLE, scope=scoped(only_contains_attribute_certs=True)),
    "of several authorities": revocations(MIDDLE, scope=scoped(indirect_crl=True)),
    "of some reasons": revocations(
        MIDDLE, scope=scoped(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))
    ),
    "of another place": revocations(MIDDLE, scope=OTHER_PLACE),
    "of changes": revocations(MIDDLE, more=x509.DeltaCRLIndicator(1)),
}


@pytest.mark.parametrize("page", SILENT.values(), ids=SILENT.keys())
def test_found_h3_a_list_that_says_nothing_leaves_the_key_unchecked(page: bytes | None) -> None:
    """Also one on which the certificate stands: whoever serves it is not believed either way."""
    pages = {ROOTS: GOOD[ROOTS], **({} if page is None else {MIDDLES: page})}
    assert proof_of(pages).outcome is Outcome.UNKNOWN
    by_stranger = revocations(STRANGER, LEAF)
    assert proof_of({**GOOD, MIDDLES: by_stranger}).outcome is Outcome.UNKNOWN


def test_found_h3_a_list_cut_to_its_place_and_kind_counts() -> None:
    own = scoped(full_name=[x509.UniformResourceIdentifier(MIDDLES)], only_contains_user_certs=True)
    assert proof_of({**GOOD, MIDDLES: revocations(MIDDLE, scope=own)}).outcome is Outcome.PASSED
    users = revocations(ROOT, scope=scoped(only_contains_user_certs=True))
    assert proof_of({**GOOD, ROOTS: users}).outcome is Outcome.UNKNOWN  # it is asked about an authority


def test_found_h3_a_certificate_that_does_not_say_that_it_is_no_authority_is_none() -> None:
    """RFC 5280, section 4.2.1.9: a signer's need not have basic constraints, as many have none."""
    silent = certified("Signer", MIDDLE, dns=HOST, lists=(MIDDLES,), silent=True)
    for kind, revoked, told in (
        ("only_contains_user_certs", (), Outcome.PASSED),
        ("only_contains_user_certs", (silent,), Outcome.FAILED),
        ("only_contains_ca_certs", (), Outcome.UNKNOWN),
    ):
        pages = {**GOOD, MIDDLES: revocations(MIDDLE, *revoked, scope=scoped(**{kind: True}))}
        found = result_of(chained(silent, MIDDLE), pages).check("proof")
        assert found is not None
        assert found.outcome is told, found.reason


def test_found_h3_a_list_is_kept_and_an_older_one_takes_nothing_back() -> None:
    seen = lists_of({})
    assert proof_of(GOOD, seen).outcome is Outcome.PASSED
    assert proof_of({}, seen, NOW + FRESH / 2).outcome is Outcome.PASSED  # nobody is asked
    assert proof_of({}, seen, NOW + timedelta(days=2)).outcome is Outcome.PASSED  # nobody answers
    newer = {**GOOD, MIDDLES: revocations(MIDDLE, LEAF, made=NOW + timedelta(days=1))}
    assert proof_of(newer, seen, NOW + timedelta(days=2)).code == "certificate-revoked"
    assert proof_of(GOOD, seen, NOW + timedelta(days=3)).code == "certificate-revoked"
    found = proof_of({MIDDLES: newer[MIDDLES]}, seen, NOW + timedelta(days=7))
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "unavailable")


def test_found_h3_certificates_that_name_no_list_are_told_of() -> None:
    bare = certified("Signer", ROOT, dns=HOST)
    found = result_of(chained(bare), {}).check("proof")
    assert found is not None
    assert (found.outcome, found.data["certificateRevocation"]) == (Outcome.PASSED, "no list named")
    assert "name no list" in found.reason
    between = certified("Middle", ROOT, ca=True)
    partly = certified("Signer", between, dns=HOST, lists=(MIDDLES,))
    found = result_of(chained(partly, between), {MIDDLES: revocations(between)}).check("proof")
    assert found is not None
    assert found.data["certificateRevocation"] == "not revoked, where a list is named"


def test_found_h3_a_certificate_that_does_not_say_where_its_list_lies_is_not_looked_up() -> None:
    """Chains are built without a look at this extension of an authority's certificate."""
    broken = certified(
        "Middle", ROOT, ca=True, more_extensions=(x509.UnrecognizedExtension(CRL_POINTS, b"\4\1\0"),)
    )
    found = result_of(chained(certified("Signer", broken, dns=HOST), broken), {}).check("proof")
    assert found is not None
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "unavailable")


def test_found_h3_several_places_are_asked_in_turn() -> None:
    both = certified("Signer", MIDDLE, dns=HOST, lists=("ldap://ca.example/x", "http://a.example/l", MIDDLES))
    found = result_of(chained(both, MIDDLE), GOOD).check("proof")
    assert found is not None
    assert found.outcome is Outcome.PASSED


@pytest.mark.parametrize("protected", [True, False])
def test_found_h3_x5chain_in_cose_counts_as_x5c_does(protected: bool) -> None:
    """RFC 9360, section 2: certificates may stand beside what is signed; their own signatures count."""
    chain = [one.certificate.public_bytes(Encoding.DER) for one in (LEAF, MIDDLE)]
    head: dict[int, Any] = {1: -7, 3: "application/vc", 16: "application/vc+cose"}
    beside: dict[int, Any] = {}
    (head if protected else beside)[33] = chain
    content = json.dumps(token_issuer().badge(issuer=ISSUER)).encode()
    bytes_ = encode(head)
    r, s = decode_dss_signature(LEAF.key.sign(signed_bytes(bytes_, content), ec.ECDSA(hashes.SHA256())))
    data = b"\xd2" + encode([bytes_, beside, content, r.to_bytes(32, "big") + s.to_bytes(32, "big")])
    document = enveloped(data)
    found = result_of(document, GOOD).check("proof")
    assert found is not None
    assert (found.outcome, found.data["trustAnchor"]) == (Outcome.PASSED, "CN=Root")
    gone = result_of(document, {**GOOD, MIDDLES: revocations(MIDDLE, LEAF)}).check("proof")
    assert gone is not None
    assert gone.code == "certificate-revoked"


# --- what is fetched ------------------------------------------------------------------------------


def local() -> AntiSSRFPolicy:
    """By http, to this machine."""
    policy = AntiSSRFPolicy(PolicyConfigOptions.NONE)
    policy.allow_plain_text_http = True
    return policy


def test_attack_49_a_certificate_list_that_redirects_inside(tmp_path: Path) -> None:
    with https_host(tmp_path, http(b"secret"), plain=True) as inner:

        def answer(connection: Any, _head: bytes) -> None:
            connection.sendall(http(b"", "302 Found", location=f"http://127.0.0.1:{inner.port}/"))

        with https_host(tmp_path, answer, plain=True) as host:
            fetcher = GuardedFetcher(FetchLimits(ports=frozenset({host.port, inner.port})), plain=local())
            with pytest.raises(FetchRefusedError):
                fetcher.get_signed(host.url(), accept="*/*", max_bytes=9)
        assert inner.connections == 0


def test_attack_47_a_certificate_list_on_this_machine_is_not_asked_for(tmp_path: Path) -> None:
    with https_host(tmp_path, http(GOOD[ROOTS]), plain=True) as host:
        fetcher = GuardedFetcher(FetchLimits(ports=frozenset({host.port})))
        with pytest.raises(FetchRefusedError, match="not a public one"):
            fetcher.get_signed(host.url(), accept="*/*", max_bytes=MAX_BYTES)
        assert host.connections == 0


def test_attack_50_a_certificate_list_of_gigabytes_stops_at_the_cap(tmp_path: Path) -> None:
    sent = [0]

    def answer(connection: Any, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n")
        while True:
            connection.sendall(b"\0" * 65_536)
            sent[0] += 65_536

    with https_host(tmp_path, answer, plain=True) as host:
        fetcher = GuardedFetcher(FetchLimits(ports=frozenset({host.port})), plain=local())
        with pytest.raises(FetchRefusedError, match="larger than"):
            fetcher.get_signed(host.url(), accept="*/*", max_bytes=262_144)
    assert sent[0] < 64 * 1_048_576


def test_attack_51_only_what_is_signed_is_had_by_http(tmp_path: Path) -> None:
    with https_host(tmp_path, http(GOOD[ROOTS]), plain=True) as host:
        fetcher = GuardedFetcher(FetchLimits(ports=frozenset({host.port})), plain=local())
        with pytest.raises(FetchRefusedError, match="only https"):
            fetcher.get(host.url())
        assert fetcher.get_signed(host.url(), accept="*/*", max_bytes=MAX_BYTES).body == GOOD[ROOTS]
        with pytest.raises(FetchRefusedError, match="only https"):
            fetcher.get(host.url())  # what is remembered of the other way is not given out
