"""Row H3 of found.md: tokens whose key is in certificates (`x5c`), and chains that must lead nowhere."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.verification import Check, Outcome, Verdict
from credserv.journeys.check.check import check
from credserv.journeys.operate.anchors import add_anchor, anchors_of, remove_anchor
from credserv.proof.keys.certificates import certify, read_anchor
from credserv.proof.keys.jwk import read_jwk
from tests.testkit.certificates import YEAR, Holder, certified
from tests.testkit.proofs import NOW
from tests.testkit.service import Service
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import Hosts, verifier

HOST = "issuer.example"
ISSUER = f"https://{HOST}/tenant"


@cache
def root() -> Holder:
    return certified("Root", ca=True)


@cache
def middle() -> Holder:
    return certified("Middle", root(), ca=True, path_length=0)


@cache
def leaf() -> Holder:
    return certified("Signer", middle(), dns=HOST)


def token(
    x5c: object, key: ec.EllipticCurvePrivateKey, header: dict[str, Any] | None = None, **claims: Any
) -> str:
    """Signed with ES256 by `key`, whatever the header says."""
    head = {"alg": "ES256", "typ": "dc+sd-jwt", "x5c": x5c} | (header or {})
    said = {"iss": ISSUER, "vct": "https://example.org/degree", "given_name": "Pat"} | claims
    parts = [head, {name: value for name, value in said.items() if value is not None}]
    signing_input = ".".join(encode_base64url(json.dumps(part).encode()) for part in parts)
    r, s = decode_dss_signature(key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing_input}.{encode_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}~"


def chained(*chain: Holder, **changes: Any) -> str:
    return token([one.text for one in chain], chain[0].key, **changes)


def proof_of(
    made: str, *anchors: Holder, issuers: tuple[str, ...] = (), pages: dict[str, Any] | None = None
) -> Check:
    given = [read_anchor(one.pem, issuers, "") for one in anchors]
    resolvers = replace(Hosts(pages or {}).resolvers, anchors=lambda _issuer: given)
    result = verifier().verify_secured(made, now=NOW, resolvers=resolvers).result
    found = result.check("proof") or result.checks[0]
    assert result.verified is (found.outcome is Outcome.PASSED)
    return found


@pytest.mark.parametrize("typ", ["dc+sd-jwt", "vc+sd-jwt"])
def test_found_h3_x5c_that_leads_to_an_anchor_proves_the_key(typ: str) -> None:
    found = proof_of(chained(leaf(), middle(), header={"typ": typ}), root())
    assert found.outcome is Outcome.PASSED, found.reason
    assert found.data["trustAnchor"] == "CN=Root"
    assert found.data["certificateRevocation"] == "not looked up"
    assert "CN=Root" in found.reason
    assert "revoked was not looked up" in found.reason


def test_found_h3_x5c_forms_that_are_good_as_well() -> None:
    assert proof_of(chained(leaf(), middle(), root()), root()).outcome is Outcome.PASSED
    assert proof_of(chained(leaf()), middle()).outcome is Outcome.PASSED  # an anchor is no root always
    assert proof_of(chained(leaf(), middle()), root(), issuers=(ISSUER,)).outcome is Outcome.PASSED
    by_uri = certified("Signer", root(), uri="urn:example:school")
    assert proof_of(chained(by_uri, iss="urn:example:school"), root()).outcome is Outcome.PASSED


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda one: one.name)
def test_found_h3_x5c_tells_keys_of_each_kind(curve: ec.EllipticCurve) -> None:
    holder = certified("Signer", root(), dns=HOST, key=ec.generate_private_key(curve))
    found = certify([holder.text], ISSUER, [read_anchor(root().pem, (), "")], NOW)
    assert found is not None
    key = holder.key.public_key()
    assert read_jwk(found.jwk).public_key == key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def w3c(typ: str | None, *chain: Holder, key: Holder | None = None, **changes: Any) -> str:
    """A credential of W3C's data model in a token, the document itself or in `vc`."""
    document = {**token_issuer().badge(issuer=ISSUER), **changes}
    head = {"alg": "ES256", "x5c": [one.text for one in chain]} | ({"typ": typ} if typ else {})
    claims = document if typ else {"iss": ISSUER, "vc": document}
    signing_input = ".".join(encode_base64url(json.dumps(part).encode()) for part in (head, claims))
    signed = (key or chain[0]).key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signed)
    ending = "~" if typ == "vc+sd-jwt" else ""
    return f"{signing_input}.{encode_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}{ending}"


@pytest.mark.parametrize("typ", ["vc+jwt", "vc+sd-jwt", None], ids=["vc+jwt", "vc+sd-jwt", "jwt_vc_json"])
def test_found_h3_x5c_proves_keys_of_w3c_tokens(typ: str | None) -> None:
    found = proof_of(w3c(typ, leaf(), middle()), root())
    assert found.outcome is Outcome.PASSED, found.reason
    assert (found.data["trustAnchor"], found.data["certificateRevocation"]) == ("CN=Root", "not looked up")
    assert proof_of(w3c(typ, leaf(), middle())).outcome is Outcome.UNKNOWN
    assert proof_of(w3c(typ, leaf(), middle()), certified("Root", ca=True)).outcome is Outcome.UNKNOWN
    assert proof_of(w3c(typ, leaf(), middle(), key=certified("Thief")), root()).code == "invalid-signature"
    other = "https://other.example"
    mixed = w3c(typ, leaf(), middle(), issuer=other)
    assert proof_of(mixed, root()).outcome is not Outcome.PASSED
    did = token_issuer().did
    assert proof_of(w3c(typ, leaf(), middle(), issuer=did), root()).outcome is not Outcome.PASSED


def test_found_h3_x5c_names_the_issuer_where_no_iss_does() -> None:
    """SD-JWT VC (IETF), section 3.5: by the one URI of its certificate, or its one host."""
    by_uri = certified("Signer", root(), uri="https://guild.example/a", dns=HOST)
    for made, issuer in (
        (chained(leaf(), middle(), iss=None), f"https://{HOST}"),
        (chained(by_uri, iss=None), "https://guild.example/a"),
    ):
        resolvers = replace(Hosts({}).resolvers, anchors=lambda _issuer: [read_anchor(root().pem, (), "")])
        verified = verifier().verify_secured(made, now=NOW, resolvers=resolvers)
        assert verified.result.verified
        assert verified.document["issuer"] == issuer
    assert proof_of(chained(leaf(), middle(), iss=None), root(), issuers=(ISSUER,)).outcome is Outcome.UNKNOWN


def test_found_h3_x5c_proves_who_signed_a_token_status_list() -> None:
    url = f"https://{HOST}/statuses/1"

    def status_of(signer: Holder) -> Check:
        head = {"alg": "ES256", "typ": "statuslist+jwt", "x5c": [signer.text, middle().text]}
        claims: dict[str, Any] = {"sub": url, "iat": int(NOW.timestamp()) - 60}
        claims["status_list"] = {"bits": 1, "lst": encode_base64url(zlib.compress(b"\x02"))}
        parts = ".".join(encode_base64url(json.dumps(part).encode()) for part in (head, claims))
        r, s = decode_dss_signature(signer.key.sign(parts.encode(), ec.ECDSA(hashes.SHA256())))
        page = f"{parts}.{encode_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}".encode()
        made = chained(leaf(), middle(), status={"status_list": {"idx": 1, "uri": url}})
        given = [read_anchor(root().pem, (), "")]
        resolvers = replace(Hosts({url: page}).resolvers, anchors=lambda _issuer: given)
        found = verifier().verify_secured(made, now=NOW, resolvers=resolvers).result.check("status")
        assert found is not None
        return found

    assert status_of(leaf()).code == "revoked"
    forged = certified("Signer", certified("Middle", certified("Root", ca=True), ca=True), dns=HOST)
    assert status_of(forged).outcome is Outcome.UNKNOWN


def test_found_h3_x5c_of_an_altered_token_is_called_false() -> None:
    head, _, signature = chained(leaf(), middle()).split(".")
    payload = chained(leaf(), middle(), given_name="Eve").split(".")[1]
    found = proof_of(f"{head}.{payload}.{signature}", root())
    assert (found.outcome, found.code) == (Outcome.FAILED, "invalid-signature")


def test_found_h3_x5c_of_a_key_that_is_not_the_signers() -> None:
    found = proof_of(token([leaf().text, middle().text], certified("Thief").key), root())
    assert (found.outcome, found.code) == (Outcome.FAILED, "invalid-signature")


def test_found_h3_x5c_with_no_algorithm() -> None:
    head, payload, _ = chained(leaf(), middle(), header={"alg": "none"}).split(".")
    for made in (f"{head}.{payload}.~", chained(leaf(), middle(), header={"alg": "none"})):
        assert proof_of(made, root()).outcome is Outcome.FAILED


def of_another_root(**changes: Any) -> str:
    other = certified("Root", ca=True)  # by the same name
    return chained(certified("Signer", other, dns=HOST), **changes)


def two_hosts() -> Holder:
    return certified("Signer", root(), dns=HOST, more=("other.example",))


def limited(**hosts: list[str]) -> Holder:
    """An authority for the hosts that its superior lets it certify."""
    found = {kind: [x509.DNSName(host) for host in named] for kind, named in hosts.items()}
    subtrees = x509.NameConstraints(found.get("permitted"), found.get("excluded"))
    return certified("Limited", root(), ca=True, more_extensions=(subtrees,))


def by_limited(authority: Holder, **names: str) -> str:
    return chained(certified("Signer", authority, **names), authority)


def of_a_forged_middle() -> str:
    forged = certified("Middle", certified("Root", ca=True), ca=True)
    return chained(certified("Signer", forged, dns=HOST), forged)


def by_an_expired_middle() -> str:
    ended = certified("Middle", root(), ca=True, ends=NOW - timedelta(seconds=1))
    return chained(certified("Signer", ended, dns=HOST), ended)


def by_a_middle_without_ca() -> str:
    plain = certified("Holder", root(), dns="other.example")
    return chained(certified("Signer", plain, dns=HOST), plain)


def past_the_path_length() -> str:
    deeper = certified("Deeper", middle(), ca=True)
    return chained(certified("Signer", deeper, dns=HOST), deeper, middle())


def with_a_key_of_another_kind() -> str:
    holder = certified("Signer", root(), dns=HOST, key=ec.generate_private_key(ec.SECP384R1()))
    return token([holder.text], certified("Thief").key)


def long() -> str:
    return token([leaf().text, middle().text] * 25, leaf().key)


BAD: dict[str, Callable[[], str]] = {
    "signs itself": lambda: chained(certified("Signer", dns=HOST)),
    "another root": of_another_root,
    "a middle forged by name": of_a_forged_middle,
    "expired": lambda: chained(certified("Signer", root(), dns=HOST, ends=NOW - timedelta(seconds=1))),
    "expired middle": by_an_expired_middle,
    "an authority signs": lambda: chained(certified("Signer", root(), ca=True, dns=HOST)),
    "the anchor signs": lambda: chained(root()),
    "middle without CA": by_a_middle_without_ca,
    "path length": past_the_path_length,
    "key not for signatures": lambda: chained(certified("Signer", root(), dns=HOST, signs=False)),
    "another host": lambda: chained(certified("Signer", root(), dns="other.example")),
    "a wildcard": lambda: chained(certified("Signer", root(), dns="*.example")),
    "a parent": lambda: chained(certified("Signer", root(), dns="example")),
    "no names": lambda: chained(certified(HOST, root())),
    "another URI": lambda: chained(certified("Signer", root(), uri=f"{ISSUER}/other")),
    "a host that its authority may not certify": lambda: by_limited(
        limited(permitted=["a.example"]), dns=HOST
    ),
    "a URI that its authority may not certify": lambda: by_limited(
        limited(permitted=["a.example"]), uri=ISSUER
    ),
    "a URI beside a host that it may": lambda: by_limited(
        limited(permitted=["a.example"]), uri=ISSUER, dns="a.example"
    ),
    "a URI that is excluded": lambda: by_limited(limited(excluded=[HOST.partition(".")[2]]), uri=ISSUER),
    "user before the host": lambda: chained(leaf(), middle(), iss=f"https://x@{HOST}"),
    "no https": lambda: chained(leaf(), middle(), iss=f"http://{HOST}/tenant"),
    "no issuer and two hosts": lambda: chained(two_hosts(), iss=None),
    "no issuer and another root": lambda: of_another_root(iss=None),
    "no issuer and a wildcard": lambda: chained(certified("Signer", root(), dns="*.example"), iss=None),
    "no issuer and a DID": lambda: chained(certified("Signer", root(), uri=token_issuer().did), iss=None),
    "no issuer and kid beside": lambda: chained(leaf(), middle(), iss=None, header={"kid": "one"}),
    "key of another kind": with_a_key_of_another_kind,
    # RFC 7515, section 4.1.6: each certifies the one before it, and nothing else is there.
    "twice": lambda: chained(leaf(), middle(), middle()),
    "leaf twice": lambda: chained(leaf(), leaf(), middle()),
    "turned around": lambda: token([middle().text, leaf().text], leaf().key),
    "authorities turned around": lambda: chained(leaf(), root(), middle()),
    "a stranger besides": lambda: chained(leaf(), middle(), certified("Stranger", ca=True)),
    "middle left out": lambda: chained(leaf()),
    "fifty": long,
    "seven": lambda: chained(leaf(), *[middle()] * 6),
    "garbage": lambda: token(["AAAA", "MIIB"], leaf().key),
    "garbage behind": lambda: token([leaf().text, "AAAA"], leaf().key),
    "base64url": lambda: token([leaf().text.replace("+", "-").replace("/", "_") + "-_"], leaf().key),
    "letters between": lambda: token([leaf().text[:40] + "\n" + leaf().text[40:], middle().text], leaf().key),
    "no list": lambda: token(leaf().text, leaf().key),
    "empty": lambda: token([], leaf().key),
    "no texts": lambda: token([5, None], leaf().key),
    "kid beside": lambda: chained(leaf(), middle(), header={"kid": "one"}),
    "digest beside": lambda: chained(leaf(), middle(), header={"x5t#S256": "AAAA"}),
    "key beside": lambda: chained(leaf(), middle(), header={"jwk": token_issuer().jwk}),
    "address beside": lambda: chained(leaf(), middle(), header={"jku": "https://keys.example/"}),
}


@pytest.mark.parametrize("made", BAD.values(), ids=BAD.keys())
def test_found_h3_x5c_that_proves_nothing_is_not_called_false_either(
    made: Callable[[], str],
) -> None:
    assert proof_of(made(), root()).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "hosts", [{"permitted": [HOST]}, {"permitted": ["example"]}, {"excluded": ["a.example"]}]
)
@pytest.mark.parametrize("names", [{"uri": ISSUER}, {"dns": HOST}])
def test_found_h3_x5c_by_an_authority_that_may_certify_the_host(
    hosts: dict[str, list[str]], names: dict[str, str]
) -> None:
    assert proof_of(by_limited(limited(**hosts), **names), root()).outcome is Outcome.PASSED


def test_found_h3_x5c_that_leads_to_an_anchor_that_has_expired() -> None:
    ended = certified("Root", ca=True, ends=NOW - timedelta(seconds=1))
    assert proof_of(chained(certified("Signer", ended, dns=HOST)), ended).outcome is Outcome.UNKNOWN


def test_found_h3_x5c_does_not_speak_for_a_did() -> None:
    did = token_issuer().did
    assert proof_of(chained(certified("Signer", root(), uri=did), iss=did), root()).outcome is Outcome.UNKNOWN


def test_found_h3_x5c_without_an_anchor_for_the_issuer_stays_as_it_was() -> None:
    made = chained(leaf(), middle())
    assert proof_of(made).outcome is Outcome.UNKNOWN
    assert proof_of(made, root(), issuers=("https://other.example",)).outcome is Outcome.UNKNOWN
    url = f"https://{HOST}/.well-known/jwt-vc-issuer/tenant"
    keys: dict[str, Any] = {"issuer": ISSUER, "jwks": {"keys": [token_issuer().jwk]}}
    found = proof_of(made, pages={url: keys})
    assert found.outcome is Outcome.UNKNOWN
    assert "x5c" in found.reason


def test_found_h3_x5c_of_anothers_certificate_is_judged_by_the_issuers_own_keys() -> None:
    url = f"https://{HOST}/.well-known/jwt-vc-issuer/tenant"
    thief = certified("Thief", root(), dns="thief.example")
    own = token_issuer_keys()
    assert proof_of(chained(thief), root(), pages={url: own}).outcome is Outcome.FAILED


def token_issuer_keys() -> dict[str, Any]:
    numbers = leaf().key.public_key().public_numbers()
    x, y = (encode_base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"issuer": ISSUER, "jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y}]}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no certificate",
        certified("Signer", dns=HOST).pem,
        root().pem + middle().pem,
        certified("Old", ca=True, ends=NOW - YEAR / 2).pem,
        b"x" * 70_000,
    ],
    ids=["empty", "text", "no authority", "two", "expired", "large"],
)
def test_found_h3_x5c_anchors_that_are_refused(sqlite_service: Service, content: bytes) -> None:
    services, folder = sqlite_service.services, sqlite_service.settings.data_dir
    with pytest.raises(InputError):
        add_anchor(services, folder, content, (), actor="test", now=NOW)
    assert anchors_of(folder).all() == ()


def test_found_h3_x5c_anchors_count_from_when_they_are_given_until_they_are_removed(
    sqlite_service: Service,
) -> None:
    services, folder, now = (
        sqlite_service.services,
        sqlite_service.settings.data_dir,
        sqlite_service.clock.now,
    )

    def verdict() -> Verdict:
        return check(services, data=chained(leaf(), middle()).encode(), url=None, now=now).verdict

    assert verdict() is Verdict.NOT_CHECKED
    with pytest.raises(InputError):
        add_anchor(services, folder, root().pem, ["did:web:issuer.example"], actor="test", now=now)
    made = add_anchor(services, folder, root().pem, (), actor="test", now=now)
    assert verdict() is Verdict.ISSUER_UNKNOWN  # whom to trust is not the anchor's to say
    add_anchor(services, folder, root().pem, ["https://other.example"], actor="test", now=now)
    assert verdict() is Verdict.NOT_CHECKED
    add_anchor(services, folder, root().pem, [ISSUER], actor="test", now=now)
    assert verdict() is Verdict.ISSUER_UNKNOWN
    line = services.store.audit.recent(1)[0]
    assert (line.action, line.detail["issuers"]) == ("anchor-added", [ISSUER])
    remove_anchor(services, folder, made.sha256, actor="test", now=now)
    assert verdict() is Verdict.NOT_CHECKED
    assert services.store.audit.recent(1)[0].action == "anchor-removed"
    with pytest.raises(NotFoundError):
        remove_anchor(services, folder, made.sha256, actor="test", now=now)


def test_found_h3_x5c_anchors_of_a_file_that_was_spoilt_are_none(sqlite_service: Service) -> None:
    services, folder, now = (
        sqlite_service.services,
        sqlite_service.settings.data_dir,
        sqlite_service.clock.now,
    )
    add_anchor(services, folder, root().pem, (), actor="test", now=now)
    (path,) = (folder / "anchors").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text().replace("MII", "MIX"))
    assert anchors_of(folder).all() == ()
