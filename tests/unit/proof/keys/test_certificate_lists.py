"""Lists of revoked certificates, and answers about single ones: what each says, or does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from credserv.ground.errors import RevokedCertificateError, UnavailableError
from credserv.proof.keys.certificate_answers import (
    answer_addresses,
    answer_made_at,
    must_be_looked_up,
    read_certificate_answer,
)
from credserv.proof.keys.certificate_lists import (
    list_addresses,
    list_made_at,
    read_certificate_list,
    require_kind,
)
from tests.testkit import certificates
from tests.testkit.certificates import (
    BY_HASH,
    BY_NAME,
    FOR_ANSWERS,
    REVOKED,
    SHA_256,
    UNKNOWN,
    Holder,
    certified,
    revocations,
    scoped,
)
from tests.testkit.proofs import NOW

SHA_224 = hashes.SHA224()
HOST, URL = "issuer.example", "http://ca.example/list.crl"
ROOT = certified("Root", ca=True)
MIDDLE = certified("Middle", ROOT, ca=True)
LEAF = certified("Signer", MIDDLE, dns=HOST)
STRANGER = certified("Root", ca=True)


def read(content: bytes, url: str = URL, by: Holder = ROOT) -> Any:
    return read_certificate_list(content, url, by.certificate)


def test_a_list_says_what_is_revoked_and_until_when() -> None:
    found = read(revocations(ROOT, LEAF))
    assert (found.begins, found.ends) == (NOW - timedelta(hours=1), NOW + timedelta(days=7))
    found.require_good(MIDDLE.certificate)
    with pytest.raises(RevokedCertificateError, match="CN=Signer on 2026-03-13T09:26:53Z"):
        found.require_good(LEAF.certificate)
    leeway = timedelta(minutes=1)
    for now in (found.begins - leeway, NOW, found.ends - timedelta(seconds=1)):
        found.require_in_force(now, leeway)
    with pytest.raises(UnavailableError, match="dated ahead"):
        found.require_in_force(found.begins - leeway - timedelta(seconds=1), leeway)
    with pytest.raises(UnavailableError, match="ended on"):
        found.require_in_force(found.ends, leeway)
    assert list_made_at(revocations(ROOT)) == found.begins
    assert list_made_at(b"x") is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x", "is none"),
        (revocations(STRANGER), "signature of the list of revoked certificates does not hold"),
        (revocations(certified("Other", ca=True)), "somebody else"),
        (revocations(ROOT, more=x509.DeltaCRLIndicator(1)), "a part of one"),
        (revocations(ROOT, scope=scoped(indirect_crl=True)), "a part of one"),
        (revocations(ROOT, scope=scoped(only_contains_attribute_certs=True)), "a part of one"),
        (
            revocations(ROOT, scope=scoped(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))),
            "a part of one",
        ),
        (
            revocations(ROOT, scope=scoped(full_name=[x509.UniformResourceIdentifier(URL + "2")])),
            "one of another place",
        ),
    ],
)
def test_what_is_no_whole_list_of_the_authority_establishes_nothing(content: bytes, why: str) -> None:
    with pytest.raises(UnavailableError, match=why):
        read(content)


def test_an_authority_that_may_not_sign_lists_has_none() -> None:
    leaf = certified("Signer", dns=HOST)
    with pytest.raises(UnavailableError, match="somebody else"):
        read(revocations(leaf), by=leaf)


def test_a_list_may_be_of_one_place_and_of_one_kind() -> None:
    here = scoped(full_name=[x509.UniformResourceIdentifier(URL + "2"), x509.UniformResourceIdentifier(URL)])
    assert read(revocations(ROOT, scope=here))
    silent = certified("Silent", ROOT, silent=True)
    for kind, fits in (
        ({}, (LEAF, MIDDLE, silent)),
        ({"only_contains_user_certs": True}, (LEAF, silent)),
        ({"only_contains_ca_certs": True}, (MIDDLE,)),
    ):
        found = read(revocations(ROOT, scope=scoped(**kind) if kind else None))
        for one in (LEAF, MIDDLE, silent):
            if one in fits:
                require_kind(found, one.certificate)
                continue
            with pytest.raises(UnavailableError, match="of other certificates"):
                require_kind(found, one.certificate)


def test_where_a_list_lies_is_said_by_its_authority() -> None:
    uri = x509.UniformResourceIdentifier
    assert list_addresses(certified("S", lists=(URL, "ldap://x", "https://b.example")).certificate) == (
        URL,
        "https://b.example",
    )
    assert list_addresses(LEAF.certificate) == ()
    # Named, though nobody can ask there: a list that cannot be had, and never no list.
    unreadable = ("http:///list.crl", "HTTP://ca.example:0/list.crl", "http://[ca/list.crl")
    assert list_addresses(certified("S", lists=unreadable).certificate) == unreadable
    assert len(list_addresses(certified("S", lists=tuple(f"{URL}{n}" for n in range(6))).certificate)) == 4
    issuer = x509.DirectoryName(ROOT.certificate.subject)
    some = frozenset({x509.ReasonFlags.key_compromise})
    points = x509.CRLDistributionPoints(
        [
            x509.DistributionPoint([uri("http://a")], None, some, None),
            x509.DistributionPoint([uri("http://b")], None, None, [issuer]),
            x509.DistributionPoint([x509.DNSName("c"), uri("http://c")], None, None, None),
        ]
    )  # fmt: skip
    assert list_addresses(certified("S", more_extensions=(points,)).certificate) == ("http://c",)


# --- answers about one certificate -------------------------------------------------------------

DIRECT = certified("Direct", ROOT)
DELEGATE = certified("Answers", ROOT, more_extensions=(FOR_ANSWERS,), ends=NOW + timedelta(hours=1))
MADE = NOW - timedelta(hours=1)


def answer(by: Holder = ROOT, **said: Any) -> bytes:
    return certificates.answer(by, **{"about": DIRECT, "authority": ROOT} | said)


def asked(content: bytes, authority: Any = ROOT) -> Any:
    return read_certificate_answer(content, DIRECT.certificate, authority.certificate)


@pytest.mark.parametrize("told", [BY_HASH, BY_NAME])
def test_an_authority_answers_itself_or_by_whom_it_certified_for_that(
    told: ocsp.OCSPResponderEncoding,
) -> None:
    assert asked(answer(told=told)).signed_by is None
    by = asked(answer(DELEGATE, told=told, along=(LEAF, DELEGATE))).signed_by
    assert by == DELEGATE.certificate
    assert asked(answer(told=told, along=(DELEGATE,))).signed_by is None


def test_an_answer_is_in_force_between_its_dates() -> None:
    found = asked(answer())
    assert (found.begins, found.ends) == (MADE, NOW + timedelta(days=1))
    assert asked(answer(ends=None)).ends == MADE + timedelta(hours=1)
    leeway = timedelta(minutes=1)
    for now in (MADE - leeway, NOW, found.ends - timedelta(seconds=1)):
        found.require_in_force(now, leeway)
    with pytest.raises(UnavailableError, match="dated ahead"):
        found.require_in_force(MADE - leeway - timedelta(seconds=1), leeway)
    with pytest.raises(UnavailableError, match="ended on"):
        found.require_in_force(found.ends, leeway)
    by_another = asked(answer(DELEGATE, along=(DELEGATE,)))
    by_another.require_in_force(NOW + timedelta(hours=1), leeway)
    with pytest.raises(UnavailableError, match="had no right to it any more"):
        by_another.require_in_force(NOW + timedelta(hours=1, seconds=1), leeway)
    assert answer_made_at(answer()) == MADE
    assert answer_made_at(b"x") is None


def test_an_answer_says_that_a_certificate_was_revoked() -> None:
    asked(answer()).require_good(DIRECT.certificate)
    with pytest.raises(RevokedCertificateError, match="CN=Direct on 2026-03-11"):
        asked(answer(status=REVOKED)).require_good(DIRECT.certificate)


WEAK = certified("Answers", ROOT, more_extensions=(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),))
BARE = certified("Answers", ROOT)
LATER = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
OTHERS = certified("Answers", STRANGER, more_extensions=(FOR_ANSWERS,))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x", "is none"),
        (LATER.public_bytes(Encoding.DER), "answers try_later"),
        (answer(status=UNKNOWN), "does not know the certificate"),
        (answer(about=LEAF), "about another certificate"),
        (answer(authority=STRANGER), "about another certificate"),
        (answer(STRANGER), "signed by nobody"),
        (answer(STRANGER, told=BY_NAME), "signed by nobody"),
        (answer(DELEGATE), "signed by nobody"),  # whose certificate does not come along
        (answer(WEAK, along=(WEAK,)), "signed by nobody"),
        (answer(BARE, along=(BARE,)), "signed by nobody"),
        (answer(OTHERS, along=(OTHERS,)), "signed by nobody"),
        (answer(DELEGATE, along=(*[BARE] * 4, DELEGATE)), "signed by nobody"),
    ],
)  # fmt: skip
def test_what_is_no_answer_about_it_by_who_may_says_nothing(content: bytes, why: str) -> None:
    with pytest.raises(UnavailableError, match=why):
        asked(content)


def authority_of(key: Any, digest: Any) -> Any:
    """An authority with a key of another kind, and what it certified."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    return Holder(key, builder.sign(key, digest))


def ed25519_key(first: int) -> Any:
    return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([first]) + bytes(31))


def rsa_key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=1_024)


@pytest.mark.parametrize(
    ("key", "other", "digest"),
    [(ed25519_key(1), ed25519_key(2), None), (rsa_key(), rsa_key(), SHA_256)],
    ids=["ed25519", "rsa"],
)
def test_authorities_with_keys_of_other_kinds(key: Any, other: Any, digest: Any) -> None:
    by, stranger = authority_of(key, digest), authority_of(other, digest)
    assert asked(answer(by, authority=by, digest=digest), by).signed_by is None
    with pytest.raises(UnavailableError, match="signed by nobody"):
        asked(answer(stranger, authority=by, digest=digest, told=BY_NAME), by)
    assert read(revocations(by, digest=digest), by=by)
    with pytest.raises(UnavailableError, match="signature of the list of revoked certificates does not hold"):
        read(revocations(stranger, digest=digest), by=by)


@pytest.mark.parametrize(
    ("key", "digest"),
    [
        (ROOT.key, SHA_224),
        (rsa_key(), SHA_224),
        (ed448.Ed448PrivateKey.generate(), None),
        (dsa.generate_private_key(1_024), SHA_256),
    ],
    ids=["ecdsa", "rsa", "ed448", "dsa"],
)
def test_what_is_signed_in_a_weak_or_unknown_way_establishes_nothing(key: Any, digest: Any) -> None:
    by = authority_of(key, digest)
    with pytest.raises(UnavailableError, match="signed in a way that is not known here"):
        read(revocations(by, digest=digest), by=by)
    with pytest.raises(UnavailableError, match="signed by nobody"):
        asked(answer(by, authority=by, digest=digest), by)


def test_a_question_goes_to_each_place_that_the_authority_names() -> None:
    def described(method: Any, *places: x509.GeneralName) -> Holder:
        told = [x509.AccessDescription(method, place) for place in places]
        return certified("Direct", ROOT, more_extensions=(x509.AuthorityInformationAccess(told),))

    def places(one: Holder) -> list[str]:
        return [url.rpartition("/")[0] for url in answer_addresses(one.certificate, ROOT.certificate)]

    uri, by_ocsp = x509.UniformResourceIdentifier, AuthorityInformationAccessOID.OCSP
    assert places(
        described(by_ocsp, uri("http://a/"), uri("https://b/x"), uri("ldap://c"), x509.DNSName("d"))
    ) == [
        "http://a",
        "https://b/x",
    ]
    assert len(places(described(by_ocsp, *[uri(f"http://{n}") for n in range(6)]))) == 4
    assert places(described(AuthorityInformationAccessOID.CA_ISSUERS, uri("http://a"))) == []
    assert places(DIRECT) == []
    assert places(described(by_ocsp, uri("http://ca.example:0"))) == ["http://ca.example:0"]
    question = answer_addresses(described(by_ocsp, uri("http://a")).certificate, ROOT.certificate)[0]
    assert question.startswith("http://a/")
    assert "/" not in question.removeprefix("http://a/")


def test_who_answers_may_have_been_revoked_unless_nobody_needs_to_ask() -> None:
    assert must_be_looked_up(DELEGATE.certificate)
    assert not must_be_looked_up(certified("A", ROOT, more_extensions=(x509.OCSPNoCheck(),)).certificate)
