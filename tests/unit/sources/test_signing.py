"""Each way in which a message shows who sent it, and everything that must not pass for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from credserv.ground.errors import SchemaFaultsError, WebhookSignatureError
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication, authenticate, read_kid
from credserv.sources.signing.settings import parse_settings
from credserv.sources.webhook import create_secret, sign_webhook

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
BODY = b'{"event": "completed", "token": "given"}'
SECRET, OLDER = "s3cret-of-the-source", "an-older-secret"
BOTH = (SECRET, OLDER)


def mac(signed: bytes, secret: str = SECRET) -> bytes:
    return hmac.digest(secret.encode(), signed, hashlib.sha256)


def ask(
    how: dict[str, Any], headers: dict[str, str] | None = None, body: bytes = BODY, **more: Any
) -> Authentication:
    secrets = more.pop("secrets", BOTH)
    return authenticate(how, Message(body, headers or {}), secrets, more.pop("now", NOW), **more)


def refused(*arguments: Any, **more: Any) -> bool:
    with pytest.raises(WebhookSignatureError):
        ask(*arguments, **more)
    return True


# --- Standard Webhooks ----------------------------------------------------------------------------


def test_standard_webhooks_are_the_default() -> None:
    secret = create_secret()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": STAMP,
        "webhook-signature": sign_webhook(secret, "msg_1", int(STAMP), BODY),
    }
    found = ask({}, headers, secrets=(secret,))
    assert (found.method, found.is_signed, found.message_id) == ("standard-webhooks", True, "msg_1")
    assert refused({}, headers, BODY + b" ", secrets=(secret,))
    assert refused({}, headers, secrets=(secret,), now=NOW + timedelta(seconds=301))


# --- HMAC -----------------------------------------------------------------------------------------

GITHUB = {"method": "hmac", "prefix": "sha256=", "id_header": "X-GitHub-Delivery"}


def test_attack_104_only_who_has_the_secret_signs() -> None:
    headers = {"x-hub-signature-256": "sha256=" + mac(BODY).hex(), "x-github-delivery": "d-1"}
    found = ask(GITHUB, headers)
    assert (found.method, found.is_signed, found.message_id) == ("hmac", True, "d-1")
    assert found.key is not None
    assert SECRET not in found.key
    assert refused(GITHUB, headers, BODY + b" ")
    assert refused(GITHUB, headers, secrets=("other",))
    assert refused(GITHUB, {"x-hub-signature-256": mac(BODY).hex()})
    assert refused(GITHUB, {"x-hub-signature": "sha256=" + mac(BODY).hex()})


def test_an_older_secret_still_signs_and_is_told_apart() -> None:
    newer = ask(GITHUB, {"x-hub-signature-256": "sha256=" + mac(BODY).hex()})
    older = ask(GITHUB, {"x-hub-signature-256": "sha256=" + mac(BODY, OLDER).hex()})
    assert newer.key != older.key


@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize(
    ("signed", "content"),
    [
        ("body", BODY),
        ("ts.body", STAMP.encode() + b"." + BODY),
        ("id.ts.body", b"m-1." + STAMP.encode() + b"." + BODY),
    ],
)
def test_every_spelling(encoding: str, signed: str, content: bytes) -> None:
    how = {"method": "hmac", "header": "X-Sig", "encoding": encoding, "signed": signed}
    how |= {"timestamp_header": "X-Time", "id_header": "X-Id"}
    value = mac(content).hex() if encoding == "hex" else base64.b64encode(mac(content)).decode()
    headers = {"x-sig": value, "x-time": STAMP, "x-id": "m-1"}
    assert ask(how, headers).message_id == "m-1"
    if signed != "body":
        assert refused(how, {**headers, "x-time": str(int(STAMP) + 1)})
        assert refused(how, {**headers, "x-time": ""})
        assert refused(how, headers, now=NOW + timedelta(seconds=301))
        assert refused(how, headers, now=NOW - timedelta(seconds=301))
    if signed == "id.ts.body":
        assert refused(how, {**headers, "x-id": "m-2"})


def test_a_time_in_milliseconds_is_a_time() -> None:
    how = {"method": "hmac", "header": "x-sig", "signed": "ts.body", "timestamp_header": "x-time"}
    stamp = STAMP + "123"
    headers = {"x-sig": mac(f"{stamp}.".encode() + BODY).hex(), "x-time": stamp}
    assert ask(how, headers).is_signed


@pytest.mark.parametrize("form", ["hex", "base64"])
def test_a_secret_may_stand_for_bytes(form: str) -> None:
    key = bytes(range(32))
    secret = key.hex() if form == "hex" else base64.b64encode(key).decode()
    headers = {"x-hub-signature-256": hmac.digest(key, BODY, hashlib.sha256).hex()}
    assert ask({"method": "hmac", "secret": form}, headers, secrets=(secret,)).is_signed
    assert refused({"method": "hmac", "secret": form}, headers, secrets=("!",))


@pytest.mark.parametrize("secrets", [(), ("",)])
@pytest.mark.parametrize(
    "method", ["hmac", "bearer", "basic", "body-token", "secret-path", "standard-webhooks"]
)
def test_attack_104_without_a_secret_nothing_passes(method: str, secrets: tuple[str, ...]) -> None:
    """Nor by the key that is empty."""
    empty = hmac.digest(b"", BODY, hashlib.sha256).hex()
    headers = {"x-hub-signature-256": empty, "authorization": "Bearer "}
    assert refused({"method": method, "username": "moodle", "pointer": "/none"}, headers, secrets=secrets)


@settings(max_examples=150)
@given(st.text(max_size=100))
def test_attack_104_no_header_passes_but_the_right_one(value: str) -> None:
    assert refused({"method": "hmac"}, {"x-hub-signature-256": value})


# --- secrets that come along ----------------------------------------------------------------------


def test_bearer() -> None:
    found = ask({"method": "bearer"}, {"authorization": f"bearer {SECRET}"})
    assert (found.method, found.is_signed) == ("bearer", False)
    for wrong in ("", SECRET, f"Basic {SECRET}", f"Bearer {SECRET}x", "Bearer " + SECRET[:-1], "Bearer é"):
        assert refused({"method": "bearer"}, {"authorization": wrong})


def test_basic() -> None:
    def header(text: str) -> dict[str, str]:
        return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}

    how = {"method": "basic", "username": "moodle"}
    assert not ask(how, header(f"moodle:{SECRET}")).is_signed
    for wrong in (f"other:{SECRET}", "moodle:", "moodle", f"moodle:{SECRET}:", f":{SECRET}"):
        assert refused(how, header(wrong))
    assert refused(how, {"authorization": "Basic ***"})


def test_a_token_in_the_body() -> None:
    how = {"method": "body-token", "pointer": "/token"}
    assert not ask(how, secrets=("given",)).is_signed
    assert ask(how, body=b"a=1&token=given", secrets=("given",)).method == "body-token"
    for wrong in (b"{}", b'{"token": null}', b'{"token": ["given"]}', b'{"other": "given"}', b"token=other"):
        assert refused(how, body=wrong, secrets=("given",))


def test_a_secret_path() -> None:
    assert not ask({"method": "secret-path"}, path_secret=OLDER).is_signed
    for wrong in ("", "x", SECRET + "x"):
        assert refused({"method": "secret-path"}, path_secret=wrong)


# --- Canvas ---------------------------------------------------------------------------------------

CANVAS = {"method": "canvas-jwt"}
EVENT = b'{"metadata": {"event_name": "x"}, "body": {}}'


@pytest.fixture(scope="module")
def rsa() -> list[RSAKey]:
    return [RSAKey.generate_key(2048, {"kid": f"2026-{month}"}) for month in (10, 11, 12)]


def jwks(keys: list[RSAKey]) -> list[dict[str, Any]]:
    return [dict(key.as_dict(private=False)) for key in keys]


def token(key: Any, kid: str | None = None, alg: str = "RS256") -> bytes:
    header = {"alg": alg, "kid": kid or key.kid}
    return jws.serialize_compact(header, EVENT, key, algorithms=[alg]).encode()


def test_previous_current_and_next_key_of_canvas(rsa: list[RSAKey]) -> None:
    for key in rsa:
        found = ask(CANVAS, body=token(key), keys=jwks(rsa))
        assert (found.method, found.is_signed, found.key, found.body) == ("canvas-jwt", True, key.kid, EVENT)


def test_attack_104_a_token_of_canvas_that_is_not_one(rsa: list[RSAKey]) -> None:
    good = token(rsa[0])
    head, claims, signature = good.split(b".")
    other = base64.urlsafe_b64encode(EVENT.replace(b'"x"', b'"y"')).rstrip(b"=")
    assert refused(CANVAS, body=head + b"." + other + b"." + signature, keys=jwks(rsa))
    assert refused(CANVAS, body=head + b"." + claims + b".", keys=jwks(rsa))
    assert refused(CANVAS, body=good, keys=jwks(rsa[1:]))
    assert refused(CANVAS, body=good, keys=[])
    assert refused(CANVAS, body=token(rsa[0], kid=rsa[1].kid), keys=jwks(rsa))
    assert refused(CANVAS, body=token(rsa[0], alg="PS256"), keys=jwks(rsa))
    assert refused(CANVAS, body=EVENT, keys=jwks(rsa))


def test_attack_104_the_public_key_of_canvas_is_no_secret(rsa: list[RSAKey]) -> None:
    """An HMAC whose key is the published one (attack on algorithms)."""
    header = json.dumps({"alg": "HS256", "kid": rsa[0].kid}).encode()
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, EVENT))
    mac_of_public = hmac.digest(rsa[0].as_pem(private=False), signed, hashlib.sha256)
    forged = signed + b"." + base64.urlsafe_b64encode(mac_of_public).rstrip(b"=")
    assert refused(CANVAS, body=forged, keys=jwks(rsa))
    assert refused(CANVAS, body=forged, keys=[{**jwks(rsa)[0], "kty": "oct", "k": "eA"}])


def test_attack_104_no_algorithm_is_none(rsa: list[RSAKey]) -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": rsa[0].kid}).encode()).rstrip(b"=")
    body = head + b"." + base64.urlsafe_b64encode(EVENT).rstrip(b"=") + b"."
    assert read_kid(Message(body)) == rsa[0].kid
    assert refused(CANVAS, body=body, keys=jwks(rsa))


@pytest.mark.parametrize("body", [b"", b"{}", b"a.b.c", b"\xff.x.y", b"e30.e30.e30", b"." * 5])
def test_what_names_no_key(body: bytes) -> None:
    assert read_kid(Message(body)) is None


def test_a_weak_key_of_canvas_is_none() -> None:
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    assert refused(CANVAS, body=token(weak), keys=jwks([weak]))


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "place"),
    [
        ({"method": "none"}, "/method"),
        ({"method": "hmac", "encoding": "text"}, "/encoding"),
        ({"method": "hmac", "encoding": "rot13"}, "/encoding"),
        ({"method": "hmac", "signed": "ts.body"}, "/timestamp_header"),
        ({"method": "hmac", "signed": "id.ts.body", "timestamp_header": "x"}, "/id_header"),
        ({"method": "basic"}, "/username"),
        ({"method": "body-token", "pointer": "token"}, "/pointer"),
        ({"method": "hmac", "algorithm": "sha1"}, "/algorithm"),
        ({"tolerance_seconds": 0}, "/tolerance_seconds"),
        ({"method": 5}, "/method"),
    ],
)
def test_settings_that_are_none(how: dict[str, Any], place: str) -> None:
    """They are told when they are saved; a source that has them all the same lets nothing in."""
    with pytest.raises(SchemaFaultsError) as caught:
        parse_settings(how)
    assert [fault.place for fault in caught.value.faults] == [place]
    assert refused(how, {"authorization": f"Bearer {SECRET}"}, path_secret=SECRET)
