"""What the claims of a JWT may say beside the document: in agreement with it, in time, for this reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    OtherOccasionError,
    ProofError,
    ProofTimeError,
    UnsupportedProofError,
)
from credserv.proof.tokens.jws import Jws
from credserv.proof.tokens.jwt_claims import (
    read_date,
    read_issued_at,
    require_agreement,
    require_issued,
    require_time,
    to_date,
    with_status,
)
from credserv.proof.tokens.token import Binding, Circumstances, Kind
from credserv.proof.tokens.vc_jwt import (
    claimed_signer,
    presentation_claims,
    refuse_audience,
    refuse_binding,
    refuse_envelope,
    require_binding,
    require_claims,
    require_claims_time,
    require_form,
    require_holder,
    require_issuer,
    unsaid_dates,
    verify_by,
)
from tests.testkit.proofs import NOW
from tests.testkit.tokens import circumstances, token_issuer

SECONDS = int(NOW.timestamp())
LAST = 253_402_300_799
CREDENTIAL: dict[str, Any] = {
    "id": "urn:1",
    "issuer": {"id": "did:example:i"},
    "credentialSubject": {"id": "did:example:s"},
    "validFrom": "2026-03-14T09:00:00Z",
    "validUntil": "2028-03-14T09:00:00Z",
}


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_dates_are_seconds_of_the_years_1970_to_9999() -> None:
    assert read_date({}, "exp") is None
    assert read_date({"exp": 0}, "exp") == datetime(1970, 1, 1, tzinfo=UTC)
    assert read_date({"exp": 1.5}, "exp") == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert read_date({"exp": LAST}, "exp") == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    for value in (None, True, "1", []):
        with pytest.raises(MalformedProofError, match="no number of seconds"):
            read_date({"exp": value}, "exp")
    for value in (-1, -0.5, float("-inf"), float("nan")):
        with pytest.raises(MalformedProofError, match="before the year 1970"):
            read_date({"exp": value}, "exp")
    for value in (LAST + 1, 10**400, float("inf")):
        with pytest.raises(UnsupportedProofError, match="after the year 9999"):
            read_date({"exp": value}, "exp")
    assert to_date(datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC)) == 1


def test_the_time_of_making_may_be_in_words() -> None:
    assert read_issued_at({"iat": "2026-03-14T09:26:53Z"}) == read_issued_at({"iat": SECONDS}) == NOW
    assert read_issued_at({}) is None
    for value in ("today", None, True):
        with pytest.raises(MalformedProofError):
            read_issued_at({"iat": value})


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"iat": 7, "aud": "x"},
        {"iss": "did:example:i", "jti": "urn:1", "sub": "did:example:s"},
        {"nbf": seconds("2026-03-14T09:00:00Z"), "exp": seconds("2028-03-14T09:00:00Z") + 0.9},
    ],
)
def test_claims_that_agree_with_the_document(claims: dict[str, Any]) -> None:
    require_agreement(claims, CREDENTIAL)
    nameless = {"credentialSubject": [{"name": "Pat"}]}
    require_agreement(claims, {"issuer": "did:example:i", **nameless})
    require_claims({"jti": "urn:1"}, Kind.PRESENTATION)


@pytest.mark.parametrize(
    ("claims", "changes", "why"),
    [
        ({"iss": "did:example:o"}, {}, "iss is not"),
        ({"iss": ["did:example:i"]}, {}, "iss is not"),
        ({"jti": "urn:2"}, {}, "jti is not"),
        ({"jti": 7}, {"id": 7}, "jti is not"),
        ({"jti": "urn:1"}, {"id": None}, "jti is not"),
        ({"sub": "did:example:o"}, {}, "sub is not"),
        ({"sub": "did:example:s"}, {"credentialSubject": [{"id": "did:example:s"}, {}]}, "sub is not"),
        (
            {"sub": "did:example:s"},
            {"credentialSubject": [{"id": "did:example:s"}, {"id": "o"}]},
            "sub is not",
        ),
        ({"sub": None}, {"credentialSubject": [{}]}, "sub is not"),
        ({"nbf": seconds("2026-03-14T09:00:01Z")}, {}, "begins"),
        ({"nbf": seconds("2026-03-14T08:59:59Z")}, {}, "begins"),
        ({"exp": seconds("2028-03-14T09:00:01Z")}, {}, "ends"),
    ],
)
def test_claims_that_say_something_else(claims: dict[str, Any], changes: dict[str, Any], why: str) -> None:
    with pytest.raises(MalformedProofError, match=why):
        require_agreement(claims, CREDENTIAL | changes)


def test_what_the_document_does_not_say_is_not_disagreed_with() -> None:
    undated = {name: CREDENTIAL[name] for name in ("id", "issuer", "credentialSubject")}
    for document in (undated, undated | {"validFrom": "soon"}):
        require_agreement({"nbf": 1, "exp": 2}, document)
    twice = CREDENTIAL | {"credentialSubject": [{"id": "did:example:s"}, {"id": "did:example:s"}]}
    require_agreement({"sub": "did:example:s"}, twice)


def test_times_bound_the_signature_to_the_second() -> None:
    def at(claims: dict[str, Any], skew: int = 60) -> None:
        require_time(claims, now=NOW, clock_skew_seconds=skew)

    for good in ({}, {"exp": SECONDS + 1}, {"nbf": SECONDS + 60}, {"nbf": SECONDS - 60}):
        at(good)
    for bad, why in (({"exp": SECONDS}, "expired"), ({"nbf": SECONDS + 61}, "begins")):
        with pytest.raises(ProofTimeError, match=why):
            at(bad)
    require_issued(None, now=NOW, clock_skew_seconds=60)
    require_issued(NOW + timedelta(seconds=60), now=NOW, clock_skew_seconds=60)
    with pytest.raises(ProofTimeError, match="later than now"):
        require_issued(NOW + timedelta(seconds=61), now=NOW, clock_skew_seconds=60)


def test_dates_that_the_credential_says_itself_are_not_the_signatures() -> None:
    claims = {"exp": 1, "nbf": 2, "iat": 3}
    assert unsaid_dates(claims, {}) == {"exp": 1, "nbf": 2}
    assert unsaid_dates({}, {}) == {}
    for member, left in (
        ("validUntil", "nbf"),
        ("expirationDate", "nbf"),
        ("validFrom", "exp"),
        ("issuanceDate", "exp"),
    ):
        assert unsaid_dates(claims, {member: "x"}).keys() == {left}


def test_a_signature_is_held_to_its_dates_where_the_document_has_none() -> None:
    for kind in Kind:
        with pytest.raises(ProofTimeError, match="expired"):
            require_claims_time({"exp": SECONDS}, kind, circumstances())
        with pytest.raises(ProofTimeError, match="later than now"):
            require_claims_time({"iat": SECONDS + 61}, kind, circumstances())
    own = {"exp": SECONDS, "validUntil": "2028-03-14T09:00:00Z"}
    require_claims_time(own, Kind.CREDENTIAL, circumstances())
    with pytest.raises(ProofTimeError):
        require_claims_time(own, Kind.PRESENTATION, circumstances())
    require_claims_time({"iat": SECONDS + 90}, Kind.CREDENTIAL, circumstances(clock_skew_seconds=90))


def test_a_credential_is_for_everyone_and_a_presentation_for_its_reader() -> None:
    require_claims(CREDENTIAL, Kind.CREDENTIAL)
    require_claims({"aud": "x", "jti": "urn:1", "id": "urn:1"}, Kind.PRESENTATION)
    for claims, kind, error in (
        ({"aud": "x"}, Kind.CREDENTIAL, ProofError),
        ({"jti": "urn:1", "id": "urn:2"}, Kind.CREDENTIAL, MalformedProofError),
        ({"jti": "urn:1", "id": "urn:2"}, Kind.PRESENTATION, MalformedProofError),
        ({"vc": {}}, Kind.CREDENTIAL, MalformedProofError),
        ({"vp": {}}, Kind.PRESENTATION, MalformedProofError),
    ):
        with pytest.raises(error):
            require_claims(claims, kind)
    with pytest.raises(ProofError, match="addressed to one reader"):
        refuse_audience({"aud": None})
    for name in ("vc", "vp"):
        with pytest.raises(MalformedProofError, match=f"claim {name} must not"):
            require_form({name: None})


def test_who_signed_is_whom_the_document_names() -> None:
    for require, who in ((require_holder, "holder"), (require_issuer, "issuer")):
        require({}, "did:example:a")
        require({"iss": "did:example:a"}, "did:example:a")
        for iss in ("did:example:b", None):
            with pytest.raises(MalformedProofError, match=f"not the {who}"):
                require({"iss": iss}, "did:example:a")


def test_who_is_claimed_to_have_signed() -> None:
    def claimed(kid: str | None, **claims: Any) -> str | None:
        return claimed_signer(Jws({"alg": "EdDSA", "kid": kid}, b"", b"", b""), claims)

    assert claimed("did:a#1", iss="did:b") == "did:b"
    assert claimed("did:a#1", iss=7) == claimed("did:a#1") == "did:a"
    assert claimed("key-1") is claimed(None) is None


@pytest.mark.parametrize(
    ("claims", "binding", "error"),
    [
        ({}, None, None),
        ({"aud": "a", "nonce": "n"}, Binding("a", "n"), None),
        ({"aud": ["b", "a"]}, Binding("a", None), None),
        ({"nonce": "n"}, Binding(None, "n"), None),
        ({}, Binding(None, None), None),
        ({"aud": "ab"}, Binding("a", None), OtherOccasionError),
        ({"aud": ["b"]}, Binding("a", None), OtherOccasionError),
        ({}, Binding("a", None), OtherOccasionError),
        ({"nonce": "m"}, Binding(None, "n"), OtherOccasionError),
        ({}, Binding(None, "n"), OtherOccasionError),
        ({"aud": 7}, None, MalformedProofError),
        ({"aud": ["a", 7]}, Binding("a", None), MalformedProofError),
        ({"nonce": 7}, None, MalformedProofError),
    ],
)
def test_a_presentation_is_for_one_reader_and_occasion(
    claims: dict[str, Any], binding: Binding | None, error: type[Exception] | None
) -> None:
    if error is None:
        require_binding(claims, binding)
        return
    with pytest.raises(error):
        require_binding(claims, binding)


def test_what_nobody_holds_is_bound_to_nobody() -> None:
    refuse_binding(circumstances())
    with pytest.raises(ProofError, match="bound to nobody"):
        refuse_binding(circumstances(Binding(None, None)))


def test_what_a_presentation_says_of_its_occasion() -> None:
    assert presentation_claims(Binding(None, None), NOW) == {"iat": SECONDS}
    said = presentation_claims(Binding("a", "n"), NOW, NOW + timedelta(minutes=1))
    assert said == {"aud": "a", "nonce": "n", "iat": SECONDS, "exp": SECONDS + 60}


@pytest.mark.parametrize("name", ["iss", "nonce", "vc", "vp", "proof", "cnf", "_sd", "_sd_alg"])
def test_a_document_has_no_member_of_its_envelope(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} belongs to what secures"):
        refuse_envelope({"id": "urn:1", name: 1})


def test_the_document_that_is_asked_for_is_the_signers() -> None:
    by, asked = token_issuer(), list[str]()

    def resolve(did: str) -> dict[str, Any]:
        asked.append(did)
        return dict(circumstances().resolve_did(by.did))

    jws = Jws({"alg": by.algorithm, "kid": by.method}, b"", b"x", by.signer.sign(b"x"))
    told: Circumstances = circumstances(resolve_did=resolve)
    assert verify_by(jws, by.did, told) == by.method
    assert verify_by(jws, by.did, told, document_of="did:webvh:other") == by.method
    assert asked == [by.did, "did:webvh:other"]
    with pytest.raises(ProofError, match="not that of"):
        verify_by(jws, "did:example:other", told)


def test_the_status_of_a_token_is_one_more_status_of_its_document() -> None:
    own, claims = (
        {"type": "BitstringStatusListEntry"},
        {"status": {"status_list": {"idx": 7, "uri": "urn:l"}}},
    )
    alone = with_status({}, claims)["credentialStatus"]
    assert (alone["idx"], alone["uri"]) == (7, "urn:l")
    assert with_status({"credentialStatus": own}, claims)["credentialStatus"] == [own, alone]
    assert with_status({"credentialStatus": [own, own]}, claims)["credentialStatus"] == [own, own, alone]
    assert with_status({"credentialStatus": own}, {}) == {"credentialStatus": own}
