"""For all tokens: any choice of disclosures shows a part; any text ends in one of our errors."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import CredservError
from credserv.proof.tokens.envelope import parse_token
from credserv.proof.tokens.sd_jwt import parse_sd_jwt
from credserv.proof.tokens.sd_jwt_issue import Path, sign_sd_jwt
from credserv.proof.tokens.token import Kind
from tests.testkit.tokens import circumstances, token_issuer

ISSUER = token_issuer()
NAMES = st.sampled_from(["a", "b", "name", "id", "type", "ß", "x y"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=4).filter(lambda text: "\0" not in text),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def paths(value: Any, above: Path) -> list[Path]:
    """Of everything below `value`."""
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = []
    for step, inner in items:
        found += [(*above, step), *paths(inner, (*above, step))]
    return found


def is_part(part: Any, whole: Any) -> bool:
    """Whether `part` is `whole` with members and elements left out."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and is_part(value, whole[name]) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        rest = iter(whole)
        return all(any(is_part(item, other) for other in rest) for item in part)
    return bool(part == whole) and type(part) is type(whole)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), st.data())
def test_any_choice_shows_a_part_of_what_was_signed(evidence: dict[str, Any], data: st.DataObject) -> None:
    credential = {"issuer": ISSUER.did, "evidence": evidence}
    every = paths(evidence, ("evidence",))
    disclosable = data.draw(st.lists(st.sampled_from(every), unique=True, max_size=6))
    token = sign_sd_jwt(
        credential, signer=ISSUER.signer, verification_method=ISSUER.method, disclosable=disclosable
    )
    assert parse_sd_jwt(token).verify(ISSUER.did, circumstances()) == ISSUER.method
    assert parse_sd_jwt(token).document == credential
    issued, *disclosures, _ = token.split("~")
    chosen = [item for item in disclosures if data.draw(st.booleans())]
    try:
        shown = parse_sd_jwt("~".join([issued, *chosen, ""]))
    except CredservError:
        return  # one inside another was chosen without the other
    assert is_part(shown.document["evidence"], evidence)


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet="eyJ0.~-_A=\n\0é", max_size=60) | st.binary(max_size=60).map(encode_base64url))
def test_any_text_ends_in_one_of_our_errors(text: str) -> None:
    for kind in Kind:
        for given_text in (text, f"{text}~", f"e30.{text}.AA", f"{text}.e30.AA"):
            try:
                parse_token(given_text, kind)
            except CredservError:
                continue
            raise AssertionError(given_text)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(["_sd", "...", "_sd_alg", "a", "cnf", "exp", "iat"]), VALUES), VALUES)
def test_any_payload_and_disclosure_ends_in_one_of_our_errors(payload: dict[str, Any], hidden: Any) -> None:
    disclosure = encode_base64url(repr(hidden).encode()) if isinstance(hidden, str) else "W10"
    for token in (
        ISSUER.forge(ISSUER.header(typ="vc+sd-jwt"), payload) + "~",
        ISSUER.forge(ISSUER.header(typ="vc+sd-jwt"), payload) + f"~{disclosure}~",
    ):
        with contextlib.suppress(CredservError):
            parse_sd_jwt(token).verify(ISSUER.did, circumstances())
