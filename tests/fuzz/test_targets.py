"""Each reader of what strangers send, with good samples that are changed and with structures made up.

`./dev fuzz` does the same guided by coverage, for as long as it is let.
"""

from __future__ import annotations

import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credserv.ground.encoding import encode_base64url
from tests.fuzz.targets import TARGETS, Find, Target, run
from tests.testkit.bounds import HANGS_AFTER

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of what it passes over in a picture
bounded = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def run_in_time(target: Target, data: bytes) -> None:
    started = time.process_time()
    run(target, data)
    assert time.process_time() - started < HANGS_AFTER


@st.composite
def changed(draw: st.DrawFn, target: Target) -> bytes:
    """A sample with up to six changes: bits, pieces taken out, repeated or moved, and words of the format."""
    data = draw(st.sampled_from(target.samples()))
    words = st.sampled_from(target.words) if target.words else st.binary(max_size=4)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        piece = data[at : at + draw(st.integers(0, 64))]
        change = draw(st.sampled_from(["bit", "cut", "repeat", "move", "word", "bytes", "end"]))
        rest = data[at + len(piece) :]
        if change == "bit" and piece:
            data = data[:at] + bytes([piece[0] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
        elif change == "cut":
            data = data[:at] + rest
        elif change == "repeat":
            data = data[:at] + piece * draw(st.integers(2, 20)) + rest
        elif change == "move":
            data = data[:at] + rest + piece
        elif change == "word":
            data = data[:at] + draw(words) + rest
        elif change == "bytes":
            data = data[:at] + draw(st.binary(max_size=8)) + rest
        else:
            data = data[:at]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_samples_are_read(name: str) -> None:
    target = TARGETS[name]
    for sample in target.samples():
        target.read(sample)


@pytest.mark.parametrize("name", TARGETS)
def test_a_changed_sample_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]

    @bounded
    @given(changed(target))
    def ask(data: bytes) -> None:
        run_in_time(target, data)

    ask()


@pytest.mark.parametrize("name", TARGETS)
def test_noise_is_refused(name: str) -> None:
    target = TARGETS[name]

    @settings(bounded, max_examples=40)  # nearly all of it ends at its first bytes
    @given(st.binary(max_size=400))
    def ask(data: bytes) -> None:
        run_in_time(target, data)

    ask()


# --- structures -----------------------------------------------------------------------------------

names = st.sampled_from(
    [
        *("@context", "@id", "@type", "@value", "id", "type", "name", "a", "issuer", "proof", "proofValue"),
        *(
            "credentialSubject",
            "achievement",
            "credentialStatus",
            "cryptosuite",
            "encodedList",
            "statusPurpose",
        ),
        *("alg", "kid", "jwk", "crit", "vc", "vp", "_sd", "...", "iss", "nbf", "exp", "sub"),
        *(
            "verificationMethod",
            "assertionMethod",
            "publicKeyJwk",
            "publicKeyMultibase",
            "issuers",
            "registry",
        ),
    ]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["did:web:issuer.example", "did:key:z6Mk", "DataIntegrityProof", "EdDSA", "none", "z6", "u"]
    )
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.parametrize("name", ["json", "credential", "graph", "status-list", "did-document", "trust-list"])
def test_json_of_any_structure_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]
    samples = [json.loads(sample) for sample in target.samples() if sample.startswith(b"{")]

    @bounded
    @given(st.sampled_from(samples), st.dictionaries(names, values, max_size=4), st.booleans())
    def ask(sample: dict[str, Any], members: dict[str, Any], alone: bool) -> None:
        run_in_time(target, json.dumps(members if alone else sample | members).encode())

    ask()


@pytest.mark.parametrize("name", ["jwt", "sd-jwt"])
def test_a_token_of_any_structure_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]
    header, payload = target.samples()[0].split(b".")[:2]

    def part(value: Any) -> str:
        return encode_base64url(json.dumps(value).encode())

    @bounded
    @given(
        st.dictionaries(names, values, max_size=4).map(part) | st.just(header.decode()),
        st.dictionaries(names, values, max_size=4).map(part) | values.map(part) | st.just(payload.decode()),
        st.binary(max_size=70).map(encode_base64url),
        st.lists(values.map(part), max_size=3),
    )
    def ask(first: str, second: str, signature: str, disclosures: list[str]) -> None:
        run_in_time(target, "~".join([f"{first}.{second}.{signature}", *disclosures]).encode())

    ask()


kinds = st.sampled_from([b"IHDR", b"iTXt", b"tEXt", b"zTXt", b"IDAT", b"IEND", b"acTL"])
keywords = st.sampled_from([b"openbadgecredential\0", b"openbadges\0", b"", b"\0\0\0\0\0"])


@pytest.mark.parametrize("name", ["png", "qr"])
def test_a_picture_of_any_chunks_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]
    begins = target.samples()[0][:33]

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        )

    contents = st.tuples(keywords, st.binary(max_size=60)).map(b"".join)

    @bounded
    @given(st.lists(st.builds(chunk, kinds, contents), max_size=6), st.booleans())
    def ask(chunks: list[bytes], ends: bool) -> None:
        run_in_time(target, begins + b"".join(chunks) + (chunk(b"IEND", b"") if ends else b""))

    ask()


# --- that it can fail -----------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, RecursionError, UnicodeDecodeError, KeyError, Find])
def test_what_is_no_error_of_ours_is_a_find(error: type[Exception]) -> None:
    def read(_data: bytes) -> None:
        raise error("ascii", b"", 0, 1, "x") if error is UnicodeDecodeError else error()

    with pytest.raises(error):
        run(Target(read, lambda: ()), b"")
