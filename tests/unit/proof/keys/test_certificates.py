"""Chains of certificates against anchors, and lists of what was revoked: each rule by itself."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import InputError
from credserv.proof.keys.certificates import (
    Anchor,
    CertifiedHost,
    certify,
    certify_host,
    fingerprint,
    issuer_named_by,
    read_anchor,
)
from credserv.proof.keys.jwk import read_jwk
from tests.testkit import certificates
from tests.testkit.certificates import Holder, certified
from tests.testkit.proofs import NOW

HOST, ISSUER = "issuer.example", "https://issuer.example"
ROOT = certified("Root", ca=True)
MIDDLE = certified("Middle", ROOT, ca=True)
LEAF = certified("Signer", MIDDLE, dns=HOST)
DIRECT = certified("Direct", ROOT, dns=HOST)
ANCHOR = read_anchor(ROOT.pem, (), "2026-03-14T09:00:00Z")
URL = "http://ca.example/list.crl"


def x5c(*holders: Holder) -> list[str]:
    return [one.text for one in holders]


def test_a_chain_leads_from_the_signer_to_its_anchor() -> None:
    for given in ((LEAF, MIDDLE), (LEAF, MIDDLE, ROOT)):
        found = certify(x5c(*given), ISSUER, [ANCHOR], NOW)
        assert found is not None
        assert (
            found.sha256
            == fingerprint(LEAF.certificate)
            == LEAF.certificate.fingerprint(hashes.SHA256()).hex()
        )
        assert found.anchor is ANCHOR
        assert found.chain == (LEAF.certificate, MIDDLE.certificate, ROOT.certificate)
        point = LEAF.key.public_key().public_numbers()
        assert found.jwk["x"] == encode_base64url(point.x.to_bytes(32, "big"))
        assert read_jwk(found.jwk).algorithms == {"ES256"}


def test_keys_of_the_curves_that_are_certified() -> None:
    leaf = certified("Signer", ROOT, dns=HOST, key=ec.generate_private_key(ec.SECP384R1()))
    found = certify(x5c(leaf), ISSUER, [ANCHOR], NOW)
    assert found is not None
    assert found.jwk["crv"] == "P-384"
    other = certified("Signer", ROOT, dns=HOST, key=ec.generate_private_key(ec.SECP256K1()))
    assert certify(x5c(other), ISSUER, [ANCHOR], NOW) is None


STRANGER = certified("Root", ca=True)
UNSIGNING = certified("Signer", ROOT, dns=HOST, signs=False)


@pytest.mark.parametrize(
    "chain",
    [
        x5c(LEAF),
        x5c(LEAF, MIDDLE, DIRECT),  # none is there besides
        x5c(LEAF, MIDDLE, STRANGER),
        x5c(MIDDLE, LEAF),
        x5c(ROOT),
        x5c(certified("Signer", STRANGER, dns=HOST)),
        x5c(UNSIGNING),
        x5c(certified("Signer", ROOT)),  # no name of a host
        x5c(certified("Signer", ROOT, dns="other.example")),
        x5c(certified("Signer", ROOT, dns=f"*.{HOST}")),
        x5c(certified("Signer", ROOT, dns=HOST, ends=NOW - timedelta(seconds=1))),
        [],
        x5c(*[LEAF, MIDDLE] * 4),
        LEAF.text,
        [7],
        [LEAF.text[:-4] + "*==="],
        ["AAAA"],
        [DIRECT.text + "A" * 8_192],
    ],
)
def test_a_chain_that_proves_nothing_is_no_reason_to_call_a_token_false(chain: object) -> None:
    assert certify(chain, ISSUER, [ANCHOR], NOW) is None


@pytest.mark.parametrize(
    ("leaf", "issuer", "fits"),
    [
        ({"dns": HOST}, ISSUER, True),
        ({"dns": HOST.upper()}, "https://ISSUER.example", True),
        ({"dns": HOST}, f"{ISSUER}/tenant/1", True),
        ({"dns": HOST}, f"http://{HOST}", False),
        ({"dns": HOST}, f"https://{HOST}:8443", False),
        ({"dns": "*.issuer.example"}, "https://*.issuer.example", False),
        ({"uri": "urn:issuer:1"}, "urn:issuer:1", True),
        ({"uri": "urn:issuer:1"}, "urn:issuer:2", False),
        ({"uri": "did:web:issuer.example"}, "did:web:issuer.example", False),
    ],
)
def test_a_certificate_names_its_issuer(leaf: dict[str, Any], issuer: str, fits: bool) -> None:
    found = certify(x5c(certified("Signer", ROOT, **leaf)), issuer, [ANCHOR], NOW)
    assert (found is not None) is fits


def test_an_anchor_counts_for_whom_it_was_given() -> None:
    own = Anchor(ROOT.certificate, (ISSUER,), "")
    other = Anchor(ROOT.certificate, ("https://other.example",), "")
    found = certify(x5c(DIRECT), ISSUER, [other, own], NOW)
    assert found is not None
    assert found.anchor is own
    assert certify(x5c(DIRECT), ISSUER, [other], NOW) is None
    assert certify(x5c(DIRECT), ISSUER, [], NOW) is None
    assert (own.name, own.sha256) == ("CN=Root", fingerprint(ROOT.certificate))


def test_the_usage_of_a_key_that_is_told_is_the_only_one() -> None:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(ROOT.certificate.subject)
        .public_key(LEAF.key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ROOT.key.public_key()), critical=False
        )
    )
    silent = Holder(LEAF.key, builder.sign(ROOT.key, hashes.SHA256()))
    assert certify(x5c(silent), ISSUER, [ANCHOR], NOW) is not None
    assert certify_host(x5c(silent), [ANCHOR], NOW) is not None


def test_whom_a_certificate_names_is_read_without_proof() -> None:
    assert issuer_named_by(x5c(certified("S", dns="Issuer.Example"))) == ISSUER
    assert issuer_named_by(x5c(certified("S", dns=HOST, uri="urn:issuer:1"))) == "urn:issuer:1"
    assert issuer_named_by(x5c(certified("S", dns=HOST, more=("b.example",)))) is None
    for nobody in (x5c(certified("S")), [], None, ["AAAA"]):
        assert issuer_named_by(nobody) is None


def test_a_certificate_is_for_the_hosts_that_it_names() -> None:
    leaf = certified("Signer", ROOT, dns="B.example", more=("*.c.example", "a.example"))
    found = certify_host(x5c(leaf), [Anchor(STRANGER.certificate, (), ""), ANCHOR], NOW)
    assert isinstance(found, CertifiedHost)
    assert found.sha256 == encode_base64url(leaf.certificate.fingerprint(hashes.SHA256()))
    assert (found.hosts, found.subject) == (("b.example", "a.example"), "CN=Signer")
    assert (found.anchor, found.chain) == (ANCHOR, (leaf.certificate, ROOT.certificate))
    assert read_jwk(found.jwk).key_type is not None
    for chain, anchors in (
        (x5c(leaf), [Anchor(ROOT.certificate, (ISSUER,), "")]),
        (x5c(leaf), []),
        (x5c(leaf), [Anchor(STRANGER.certificate, (), "")]),
        (x5c(UNSIGNING), [ANCHOR]),
        (x5c(certified("Signer", ROOT)), [ANCHOR]),
        (x5c(leaf, ROOT, MIDDLE), [ANCHOR]),
        ("x", [ANCHOR]),
    ):
        assert certify_host(chain, anchors, NOW) is None


def unnamed() -> Holder:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([]))
    builder = builder.public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    for extension in (
        x509.BasicConstraints(True, None),
        ROOT.certificate.extensions.get_extension_for_class(x509.KeyUsage).value,
    ):
        builder = builder.add_extension(extension, critical=True)
    return Holder(key, builder.sign(key, hashes.SHA256()))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (ROOT.pem + MIDDLE.pem, "holds several certificates"),
        (LEAF.pem, "an authority .CA., and this one is not"),
        (b"x", "no PEM certificate"),
        (base64.b64decode(ROOT.text), "no PEM certificate"),
        (certified("Silent", silent=True).pem, "no PEM certificate of an authority that says so"),
        (unnamed().pem, "has no name"),
    ],
)
def test_what_could_not_stand_at_the_end_of_a_chain_is_no_anchor(content: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_anchor(content, (), "")
    kept = read_anchor(ROOT.pem, ("b", "a", "b"), "then")
    assert kept == Anchor(ROOT.certificate, ("a", "b"), "then")


def test_who_may_sign_certificates_signs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5280, section 4.2.1.3: the library refuses such an end entity, whatever else it may sign."""
    usage = certificates._usage(ca=False, signs=True)
    both = x509.KeyUsage(
        **{name.lstrip("_"): value for name, value in vars(usage).items()} | {"key_cert_sign": True}
    )
    for given, found in ((usage, True), (both, False)):
        monkeypatch.setattr(certificates, "_usage", lambda *, given=given, **_: given)
        leaf = certified("Signer", ROOT, dns=HOST)
        assert (certify_host(x5c(leaf), [ANCHOR], NOW) is not None) is found
