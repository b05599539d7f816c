"""What authorities answer about single certificates (OCSP), where they name or give no list."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from credserv.ground.encoding import format_instant
from credserv.ground.errors import RevokedCertificateError, UnavailableError
from credserv.ground.verification import Check, Outcome
from credserv.proof.keys.certificate_answers import answer_addresses
from credserv.proof.keys.certificates import read_anchor
from credserv.verifying.checks.certificate_status import FRESH, CertificateLists
from tests.hostile.test_certificates import HOST, chained
from tests.testkit import certificates
from tests.testkit.certificates import BY_NAME, FOR_ANSWERS, REVOKED, UNKNOWN, Holder, certified, revocations
from tests.testkit.processes import READY_SECONDS, free_port
from tests.testkit.proofs import NOW
from tests.testkit.verifying import Hosts, verifier

LIST = "http://ca.example/list.crl"


def asked_at(place: str) -> x509.AuthorityInformationAccess:
    uri = x509.UniformResourceIdentifier(place)
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, uri)])


ROOT = certified("Root", ca=True)
OTHER = certified("Root", ca=True)  # by the same name
ASK = asked_at("http://ocsp.example/")
LEAF = certified("Signer", ROOT, dns=HOST, more_extensions=(ASK,))
SECOND = certified("Second", ROOT, dns=HOST, more_extensions=(ASK,))
DELEGATE = certified("Answers", ROOT, more_extensions=(FOR_ANSWERS, x509.OCSPNoCheck()))


def answer(by: Holder = ROOT, **said: Any) -> bytes:
    """With the certificate of who signed it."""
    return certificates.answer(by, **{"about": LEAF, "authority": ROOT, "along": (by,)} | said)


def question(about: Holder = LEAF, authority: Holder = ROOT) -> str:
    return answer_addresses(about.certificate, authority.certificate)[0]


def lists_of(pages: dict[str, bytes]) -> CertificateLists:
    return CertificateLists(lambda url: Hosts(pages).get(url).body, 60)


def proof_of(
    pages: dict[str, bytes], leaf: Holder = LEAF, seen: CertificateLists | None = None, now: datetime = NOW
) -> Check:
    lists = lists_of(pages)
    resolvers = replace(
        Hosts(pages).resolvers,
        anchors=lambda _issuer: (read_anchor(ROOT.pem, (), ""),),
        certificate_lists=replace(seen, fetch=lists.fetch) if seen else lists,
    )
    result = verifier().verify_secured(chained(leaf), now=now, resolvers=resolvers).result
    found = result.check("proof")
    assert found is not None
    assert result.verified is (found.outcome is Outcome.PASSED)
    return found


def test_found_h3_a_place_that_is_no_address_is_passed_over() -> None:
    """RFC 5280, section 4.2.2.1: a place may have any kind of name."""
    elsewhere = x509.DirectoryName(ROOT.certificate.subject)
    asked = [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, elsewhere), *ASK]
    leaf = certified("Signer", ROOT, dns=HOST, more_extensions=(x509.AuthorityInformationAccess(asked),))
    assert len(answer_addresses(leaf.certificate, ROOT.certificate)) == 1
    assert proof_of({question(leaf): answer(about=leaf)}, leaf).outcome is Outcome.PASSED


@pytest.mark.parametrize("by", [ROOT, DELEGATE], ids=["authority", "delegate"])
def test_found_h3_an_authority_that_names_no_list_is_asked(by: Holder) -> None:
    found = proof_of({question(): answer(by)})
    assert (found.outcome, found.data["certificateRevocation"]) == (Outcome.PASSED, "not revoked")
    assert found.data["certificateAnswersFrom"] == format_instant(NOW - timedelta(hours=1))
    assert "by its authorities' answers of" in found.reason
    gone = proof_of({question(): answer(by, status=REVOKED)})
    assert (gone.outcome, gone.code) == (Outcome.FAILED, "certificate-revoked")
    assert format_instant(NOW - timedelta(days=3)) in gone.reason


def test_found_h3_a_list_is_looked_up_first_and_an_answer_stands_in_for_one_that_is_away() -> None:
    leaf = certified("Signer", ROOT, dns=HOST, lists=(LIST,), more_extensions=(ASK,))
    asked = question(leaf)
    listed = proof_of({LIST: revocations(ROOT, leaf), asked: answer(about=leaf)}, leaf)
    assert listed.code == "certificate-revoked"
    assert "certificateListsFrom" in proof_of({LIST: revocations(ROOT)}, leaf).data
    assert "certificateAnswersFrom" in proof_of({asked: answer(about=leaf)}, leaf).data
    assert proof_of({}, leaf).outcome is Outcome.UNKNOWN
    gone = proof_of({LIST: b"<html>", asked: answer(about=leaf, status=REVOKED)}, leaf)
    assert gone.code == "certificate-revoked"


EKU_LESS = certified("Answers", ROOT)
FOR_CLIENTS = certified(
    "Answers", ROOT, more_extensions=(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),)
)
OF_ANOTHER = certified("Answers", OTHER, more_extensions=(FOR_ANSWERS,))
ENDED = certified("Answers", ROOT, ends=NOW - timedelta(days=1), more_extensions=(FOR_ANSWERS,))
UNSUCCESSFUL = {
    status.name: ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
    for status in (
        ocsp.OCSPResponseStatus.TRY_LATER,
        ocsp.OCSPResponseStatus.UNAUTHORIZED,
        ocsp.OCSPResponseStatus.INTERNAL_ERROR,
    )
}
SILENT = {
    "empty": b"",
    "no answer": b"<html>",
    **UNSUCCESSFUL,
    "unknown": answer(status=UNKNOWN),
    "about another certificate": answer(about=SECOND),
    "about a certificate of another authority": answer(OTHER, authority=OTHER),
    "by another key of the same name": answer(OTHER),
    "by another key, under the authority's name": answer(OTHER, told=BY_NAME),
    "by the certificate itself": answer(LEAF),
    "by one certified for something else": answer(EKU_LESS),
    "by one certified by another authority": answer(OF_ANOTHER),
    "by one whose certificate ended": answer(ENDED),
    "ended": answer(ends=NOW),
    "dated ahead": answer(made=NOW + timedelta(hours=1)),
    "old, and without an end": answer(made=NOW - timedelta(hours=2), ends=None),
    "by one certified for another use": answer(FOR_CLIENTS),
}


@pytest.mark.parametrize("page", SILENT.values(), ids=SILENT.keys())
def test_found_h3_an_answer_that_says_nothing_leaves_the_key_unchecked(page: bytes) -> None:
    found = proof_of({question(): page})
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "unavailable")


def test_found_h3_nobody_without_the_right_to_it_calls_a_certificate_revoked() -> None:
    for by in (OTHER, LEAF, EKU_LESS, OF_ANOTHER, ENDED, FOR_CLIENTS):
        assert proof_of({question(): answer(by, status=REVOKED)}).outcome is Outcome.UNKNOWN


def test_found_h3_who_answers_and_was_revoked_says_nothing() -> None:
    """RFC 6960, section 4.2.2.2.1: unless the authority said that nobody needs to ask about them."""
    listed = certified("Answers", ROOT, lists=(LIST,), more_extensions=(FOR_ANSWERS,))
    pages = {question(): answer(listed)}
    assert proof_of({**pages, LIST: revocations(ROOT)}).outcome is Outcome.PASSED
    assert proof_of({**pages, LIST: revocations(ROOT, listed)}).outcome is Outcome.UNKNOWN
    assert proof_of(pages).outcome is Outcome.UNKNOWN
    unasked = certified("Answers", ROOT, lists=(LIST,), more_extensions=(FOR_ANSWERS, x509.OCSPNoCheck()))
    pages = {question(): answer(unasked), LIST: revocations(ROOT, unasked)}
    assert proof_of(pages).outcome is Outcome.PASSED


def test_found_h3_an_answer_is_kept_and_an_older_one_takes_nothing_back() -> None:
    seen = lists_of({})
    assert proof_of({question(): answer()}, seen=seen).outcome is Outcome.PASSED
    assert proof_of({}, seen=seen, now=NOW + FRESH / 2).outcome is Outcome.PASSED  # nobody is asked
    assert proof_of({}, seen=seen, now=NOW + 2 * FRESH).outcome is Outcome.PASSED  # nobody answers
    later = NOW + 2 * FRESH
    gone = answer(status=REVOKED, made=later)
    assert proof_of({question(): gone}, seen=seen, now=later).code == "certificate-revoked"
    assert proof_of({question(): answer()}, seen=seen, now=later + 2 * FRESH).code == "certificate-revoked"


# --- openssl --------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program `openssl`")
def test_found_h3_what_openssl_answers_is_understood(tmp_path: Path) -> None:
    """`openssl ocsp` as a responder of its own, with a key that the authority certified for it."""
    far, port = NOW + timedelta(days=36_500), free_port()
    ask = asked_at(f"http://127.0.0.1:{port}")
    good, gone = (certified(name, ROOT, ends=far, more_extensions=(ask,)) for name in ("Good", "Gone"))
    stranger = certified("Stranger", ROOT, ends=far, more_extensions=(ask,))
    delegate = certified("Answers", ROOT, ends=far, more_extensions=(FOR_ANSWERS, x509.OCSPNoCheck()))
    entry = "{}\t20990101000000Z\t{}\t{:040X}\tunknown\t/CN=x\n"
    index = entry.format("V", "", good.certificate.serial_number)
    index += entry.format("R", "260101000000Z", gone.certificate.serial_number)
    (tmp_path / "index.txt").write_text(index)
    (tmp_path / "ca.pem").write_bytes(ROOT.pem)
    (tmp_path / "signer.pem").write_bytes(delegate.pem)
    key = delegate.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "signer.key").write_bytes(key)
    command = ["openssl", "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "signer.pem"]
    command += ["-rkey", "signer.key", "-port", str(port), "-ndays", "1", "-rmd", "sha256"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as responder:
        try:
            lists = CertificateLists(_get, 60)
            found = lists.look_up((good.certificate, ROOT.certificate), datetime.now(UTC))
            assert found["certificateRevocation"] == "not revoked"
            with pytest.raises(RevokedCertificateError, match="2026-01-01T00:00:00Z"):
                lists.look_up((gone.certificate, ROOT.certificate), datetime.now(UTC))
            with pytest.raises(UnavailableError, match="does not know the certificate"):
                lists.look_up((stranger.certificate, ROOT.certificate), datetime.now(UTC))
        finally:
            responder.terminate()


def _get(url: str) -> bytes:
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answered:
                return answered.read()
        except OSError:  # it is about to begin
            assert time.monotonic() < end
            time.sleep(0.05)
