"""Attacks on derived ecdsa-sd-2023 proofs. A small issuer and holder of the tests' own make the good one."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credserv.ground.encoding import KeyType, decode_multikey, encode_base64url
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    ProofError,
    SchemaFaultsError,
    VerificationMethodError,
)
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023, relabel
from credserv.proof.data_integrity.ecdsa_sd_2023_base import BaseProof, parse_base_proof
from credserv.proof.keys.signer import EcdsaSigner
from credserv.proof.keys.verification_method import did_key
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import badge, canonizer, issuer, replaced, verify

P256 = ec.SECP256R1()
ISSUER = EcdsaSigner(ec.derive_private_key(11, P256))
OWN = EcdsaSigner(ec.derive_private_key(12, P256))  # the key made for one credential
DID = did_key(ISSUER.public_key_multibase)


def cbor(value: Any) -> bytes:
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(key) + cbor(member) for key, member in value.items())
    return head(0, value)


def head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = 1 if number < 2**8 else 2 if number < 2**16 else 4
    return bytes([major << 5 | 23 + size.bit_length()]) + number.to_bytes(size, "big")


@dataclass(frozen=True)
class Parts:
    """What goes into a proofValue, to be bent before it is written."""

    base: Any
    key: Any
    signatures: Any
    labels: Any
    mandatory: Any
    header: bytes = bytes.fromhex("d95d01")
    tail: bytes = b""

    def value(self) -> str:
        parts = [self.base, self.key, self.signatures, self.labels, self.mandatory]
        return "u" + encode_base64url(self.header + cbor(parts) + self.tail)


def unsigned() -> dict[str, Any]:
    own = badge(issuer())
    del own["credentialStatus"]
    return own | {"issuer": {"id": DID, "type": ["Profile"], "name": "Example Academy"}}


OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": "ecdsa-sd-2023",
    "created": "2026-03-14T09:00:00Z",
    "verificationMethod": f"{DID}#{ISSUER.public_key_multibase}",
    "proofPurpose": "assertionMethod",
}
MANDATORY = {0, 3, 4}


def derive(document: dict[str, Any], *, mandatory: set[int] = MANDATORY, own: EcdsaSigner = OWN) -> Parts:
    """Everything shown; `mandatory` in one signature, the rest each in its own."""
    canonical = canonizer().canonize(document)
    names = sorted({word[2:] for word in canonical.split() if word.startswith("_:c14n")})
    labels = {name: hmac.digest(b"secret", name.encode(), "sha256") for name in names}
    lines = relabel(canonical, {name: "u" + encode_base64url(label) for name, label in labels.items()})
    config = canonizer().canonize({**OPTIONS, "@context": document["@context"]})
    key_type, point = decode_multikey(own.public_key_multibase)
    key = key_type.prefix + point
    always = "".join(line for index, line in enumerate(lines) if index in mandatory)
    base = hashlib.sha256(config.encode()).digest() + key + hashlib.sha256(always.encode()).digest()
    return Parts(
        base=ISSUER.sign(base),
        key=key,
        signatures=[own.sign(line.encode()) for index, line in enumerate(lines) if index not in mandatory],
        labels={int(name.removeprefix("c14n")): label for name, label in labels.items()},
        mandatory=sorted(mandatory),
    )


PARTS = derive(unsigned())


def signed(parts: Parts, **proof: Any) -> dict[str, Any]:
    return unsigned() | {"proof": OPTIONS | {"proofValue": parts.value()} | proof}


def test_the_untouched_one_verifies() -> None:
    (proof,) = verify(signed(PARTS))
    assert (proof.cryptosuite, proof.controller) == ("ecdsa-sd-2023", DID)


def test_all_or_nothing_may_be_mandatory() -> None:
    count = len(PARTS.signatures) + len(MANDATORY)
    for mandatory in (set(), set(range(count))):
        assert verify(signed(derive(unsigned(), mandatory=mandatory)))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: replace(p, base=p.base[:-1]),
        lambda p: replace(p, base=p.base + b"\0"),
        lambda p: replace(p, base=b"\0" * 64),
        lambda p: replace(p, base=b"\xff" * 64),
        lambda p: replace(p, base=p.signatures[0]),
        lambda p: replace(p, base=5),
        lambda p: replace(p, key=p.key[2:]),
        lambda p: replace(p, key=b"\x81\x24" + p.key[2:]),
        lambda p: replace(p, key=p.key[:2] + b"\x04" + p.key[3:]),
        lambda p: replace(p, key=p.key[:2] + b"\x02" + b"\xff" * 32),
        lambda p: replace(p, key=p.key[:2] + bytes([p.key[2] ^ 1]) + p.key[3:]),
        lambda p: replace(p, signatures=p.signatures[::-1]),
        lambda p: replace(p, signatures=p.signatures[:-1]),
        lambda p: replace(p, signatures=[*p.signatures, p.signatures[0]]),
        lambda p: replace(p, signatures=[p.signatures[0]] * len(p.signatures)),
        lambda p: replace(p, signatures=[]),
        lambda p: replace(p, signatures=[5] * len(p.signatures)),
        lambda p: replace(p, signatures=dict(enumerate(p.signatures))),
        lambda p: replace(p, labels={}),
        lambda p: replace(p, labels=dict(list(p.labels.items())[1:])),
        lambda p: replace(p, labels=p.labels | {99: bytes(32)}),
        lambda p: replace(p, labels=dict.fromkeys(p.labels, bytes(32))),
        lambda p: replace(p, labels=dict(zip(p.labels, reversed(p.labels.values()), strict=True))),
        lambda p: replace(p, labels={name: label[:16] for name, label in p.labels.items()}),
        lambda p: replace(p, labels=[[name, label] for name, label in p.labels.items()]),
        lambda p: replace(p, mandatory=[]),
        lambda p: replace(p, mandatory=[0, 3, 5]),
        lambda p: replace(p, mandatory=[0, 3, 4, 4]),
        lambda p: replace(p, mandatory=[0, 3, 4, 5]),
        lambda p: replace(p, mandatory=[0, 3, 2**31]),
        lambda p: replace(p, mandatory=[b"\0", 3, 4]),
        lambda p: replace(p, header=bytes.fromhex("d95d00")),
        lambda p: replace(p, header=bytes.fromhex("d95d02")),
        lambda p: replace(p, header=b""),
        lambda p: replace(p, tail=b"\0"),
    ],
    ids=range(35),
)
def test_attack_21_every_part_bent(change: Callable[[Parts], Parts]) -> None:
    with pytest.raises(ProofError):
        verify(signed(change(PARTS)))


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "u",
        "z" + PARTS.value()[1:],
        PARTS.value() + "=",
        PARTS.value() + "A",
        ["u"],
        "u" + "A" * 4_000_000,
    ],
    ids=range(8),
)
def test_attack_21_proof_values_of_another_form(value: Any) -> None:
    started = time.process_time()
    with pytest.raises(MalformedProofError):
        verify(signed(PARTS, proofValue=value))
    assert time.process_time() - started < HANGS_AFTER


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("created", "2026-03-14T09:00:01Z"),
        ("expires", "2099-01-01T00:00:00Z"),
        ("domain", "https://evil.example"),
        ("challenge", "c"),
        ("id", "urn:uuid:1"),
    ],
)
def test_attack_13_proof_altered(member: str, value: str) -> None:
    with pytest.raises(InvalidSignatureError):
        verify(signed(PARTS, **{member: value}))


def test_a_statement_hidden_added_or_moved_is_refused() -> None:
    document = signed(PARTS)
    hidden = {name: value for name, value in document.items() if name != "validUntil"}
    moved = replaced(
        document, ("credentialSubject", "achievement", "description"), "Three observed sessions."
    )
    for changed in (hidden, document | {"description": "more"}, moved):
        with pytest.raises(ProofError):
            verify(changed)


def test_statements_of_another_credential_do_not_fit() -> None:
    """Each credential has a key of its own, and the issuer's signature says which."""
    other = derive(
        unsigned() | {"name": "Mentor practitioner"}, own=EcdsaSigner(ec.derive_private_key(13, P256))
    )
    assert other.base != PARTS.base
    for mixed in (
        replace(PARTS, signatures=other.signatures),
        replace(PARTS, key=other.key, signatures=other.signatures),
        replace(PARTS, base=other.base),
        replace(other, signatures=PARTS.signatures),
        other,
    ):
        with pytest.raises(InvalidSignatureError):
            verify(signed(mixed))


def test_attack_20_a_key_of_another_kind() -> None:
    ed = issuer()
    document = replaced(signed(PARTS), ("issuer", "id"), ed.did)
    with pytest.raises(VerificationMethodError):
        verify(replaced(document, ("proof", "verificationMethod"), ed.method))


def test_a_text_that_looks_like_a_label_is_left_alone() -> None:
    labels = {"c14n0": "uA"}
    canonical = '_:c14n0 <https://a.example/p> "_:c14n0 . \\" <_:c14n0>"@en _:c14n0 .\n'
    assert relabel(canonical, labels) == ['_:uA <https://a.example/p> "_:c14n0 . \\" <_:c14n0>"@en _:uA .\n']


# --- base proofs, which go to the holder, and what is derived from them (found S5) ------------------

SUITE = EcdsaSd2023(canonizer(), ["/issuer", "/validFrom"])
BASE = {**unsigned(), "proof": SUITE.create_proof(unsigned(), OPTIONS, ISSUER)}


def base_parts() -> BaseProof:
    return parse_base_proof(BASE["proof"]["proofValue"])


def with_base(base: BaseProof, **members: Any) -> dict[str, Any]:
    return {**BASE, **members, "proof": {**BASE["proof"], "proofValue": base.encode()}}


def test_found_s5_what_is_derived_shows_what_was_chosen_and_what_must_be_shown() -> None:
    shown = SUITE.derive_proof(BASE, ["/credentialSubject/achievement/name"])
    assert set(shown) == {"@context", "id", "type", "issuer", "validFrom", "credentialSubject", "proof"}
    assert set(shown["credentialSubject"]["achievement"]) == {"id", "type", "name"}
    (proof,) = verify(shown)
    assert (proof.cryptosuite, proof.controller) == ("ecdsa-sd-2023", DID)
    changes: list[tuple[tuple[str | int, ...], str]] = [
        (("credentialSubject", "achievement", "name"), "Another"),
        (("validFrom",), "2020-03-14T09:00:00Z"),
        (("name",), "Mentor practitioner"),
    ]
    for path, value in changes:
        with pytest.raises(InvalidSignatureError):
            verify(replaced(shown, path, value))


def test_found_s5_each_base_proof_has_keys_of_its_own() -> None:
    one, other = (
        parse_base_proof(SUITE.create_proof(unsigned(), OPTIONS, ISSUER)["proofValue"]) for _ in range(2)
    )
    assert one.hmac_key != other.hmac_key
    assert one.public_key != other.public_key


def test_found_s5_a_base_proof_is_for_its_holder_alone() -> None:
    with pytest.raises(MalformedProofError, match="base proof"):
        verify(BASE)


@pytest.mark.parametrize(
    "pointers",
    [
        *(["name"], ["/nowhere"], ["/credentialSubject/9"], ["/credentialSubject/result/01"], ["/name~2"]),
        *(["/@context"], ["/@context/0"], ["/name/0"], ["/id/x"], ["/" + "a" * 2_000], ["/name"] * 300),
    ],
    ids=range(11),
)
def test_found_s5_a_pointer_that_leads_nowhere_is_refused(pointers: list[str]) -> None:
    with pytest.raises(SchemaFaultsError):
        SUITE.derive_proof(BASE, pointers)
    with pytest.raises(SchemaFaultsError):
        SUITE.requiring(pointers).create_proof(unsigned(), OPTIONS, ISSUER)


def test_found_s5_nothing_is_derived_from_a_spoiled_base_proof() -> None:
    base = base_parts()
    spoiled: list[dict[str, Any]] = [
        with_base(replace(base, signatures=base.signatures[1:])),
        with_base(replace(base, signatures=(base.signatures[1], base.signatures[0], *base.signatures[2:]))),
        with_base(replace(base, mandatory=())),
        with_base(replace(base, mandatory=("/issuer",))),
        with_base(replace(base, hmac_key=bytes(32))),
        with_base(replace(base, public_key=base.public_key[:-1])),
        with_base(replace(base, hmac_key=b"")),
        with_base(replace(base, signatures=(b"", *base.signatures[1:]))),
        with_base(base, name="Another"),
        signed(PARTS),
        unsigned(),
        {**BASE, "proof": [BASE["proof"], BASE["proof"]]},
        {**BASE, "proof": {**BASE["proof"], "proofValue": "u2V0A"}},
        {**BASE, "proof": {**BASE["proof"], "proofValue": 7}},
        {**BASE, "proof": {**BASE["proof"], "cryptosuite": "ecdsa-rdfc-2019"}},
    ]
    for document in spoiled:
        with pytest.raises(ProofError):
            SUITE.derive_proof(document, ["/name"])


def test_found_s5_a_base_signature_of_another_is_seen_by_whoever_is_shown() -> None:
    other = with_base(replace(base_parts(), base_signature=ISSUER.sign(b"another")))
    with pytest.raises(InvalidSignatureError):
        verify(SUITE.derive_proof(other, ["/name"]))


def test_found_s5_with_nothing_mandatory_something_must_be_chosen() -> None:
    free = {**unsigned(), "proof": EcdsaSd2023(canonizer()).create_proof(unsigned(), OPTIONS, ISSUER)}
    with pytest.raises(InputError, match="nothing is to be shown"):
        SUITE.derive_proof(free, [])
    for pointers in (["/issuer"], [""]):
        assert verify(SUITE.derive_proof(free, pointers))[0].controller == DID


def test_attack_20_a_base_proof_with_a_key_of_another_kind() -> None:
    with pytest.raises(InputError):
        SUITE.create_proof(unsigned(), OPTIONS, EcdsaSigner(ec.derive_private_key(11, ec.SECP384R1())))
    assert SUITE.key_types == {KeyType.P256}


@pytest.mark.parametrize("changes", [{"cryptosuite": "ecdsa-rdfc-2019"}, {"type": "Ed25519Signature2020"}])
def test_attack_20_a_base_proof_by_the_options_of_another_suite(changes: dict[str, str]) -> None:
    with pytest.raises(InputError, match="not the options"):
        SUITE.create_proof(unsigned(), {**OPTIONS, **changes}, ISSUER)
