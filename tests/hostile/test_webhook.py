"""Attack 104: webhooks that are unsigned, altered, replayed or ambiguous."""

import base64
import hmac
import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from credserv.ground.errors import WebhookSignatureError
from credserv.sources.webhook import create_secret, sign_webhook, verify_webhook
from tests.testkit.bounds import HANGS_AFTER
from tests.unit.sources.test_webhook import BODY, NOW, SECONDS, signed

SECRET = create_secret()
GOOD = signed(SECRET)
SIGNATURE = GOOD["webhook-signature"]


def refuse(
    headers: dict[str, str] | Headers, body: bytes = BODY, *, secrets: tuple[str, ...] = (SECRET,)
) -> str:
    with pytest.raises(WebhookSignatureError) as caught:
        verify_webhook(headers, body, secrets=secrets, now=NOW)
    assert type(caught.value) is WebhookSignatureError
    return caught.value.detail


def test_attack_104_the_valid_one_passes_so_that_the_rest_means_something() -> None:
    assert verify_webhook(GOOD, BODY, secrets=[SECRET], now=NOW) == "msg_1"


@pytest.mark.parametrize("name", list(GOOD))
@pytest.mark.parametrize("value", [None, ""])
def test_attack_104_a_header_is_missing(name: str, value: str | None) -> None:
    headers = {key: text for key, text in GOOD.items() if key != name}
    assert name in refuse(headers if value is None else {**headers, name: value})


def test_attack_104_no_secret_is_not_no_check() -> None:
    refuse(GOOD, secrets=())


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**9])
def test_attack_104_an_old_or_future_timestamp_with_a_good_signature(seconds: int) -> None:
    assert "300 seconds" in refuse(signed(SECRET, timestamp=SECONDS + seconds))


@pytest.mark.parametrize(
    "text",
    [
        f" {SECONDS}",
        f"{SECONDS} ",
        f"+{SECONDS}",
        f"0{SECONDS}",
        f"{SECONDS}.0",
        "1e9",
        "nan",
        "-1",
        "٣",
        "9" * 400,
    ],
)
def test_attack_104_a_timestamp_that_two_readers_could_take_differently(text: str) -> None:
    refuse({**GOOD, "webhook-timestamp": text})


def test_attack_104_the_timestamp_is_moved_to_now_under_the_old_signature() -> None:
    old = signed(SECRET, timestamp=SECONDS - 400)
    refuse({**old, "webhook-timestamp": str(SECONDS)})


def test_attack_104_the_id_is_changed_to_have_it_counted_twice() -> None:
    refuse({**GOOD, "webhook-id": "msg_2"})


def test_attack_104_the_body_is_serialised_again() -> None:
    again = json.dumps(json.loads(BODY), indent=1).encode()
    refuse(GOOD, again)


@given(position=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_attack_104_any_bit_of_the_body_is_turned(position: int, bit: int) -> None:
    altered = bytearray(BODY)
    altered[position] ^= 1 << bit
    refuse(GOOD, bytes(altered))


@given(position=st.integers(0, 31), bit=st.integers(0, 7))
def test_attack_104_any_bit_of_the_signature_is_turned(position: int, bit: int) -> None:
    raw = bytearray(base64.b64decode(SIGNATURE[3:]))
    raw[position] ^= 1 << bit
    refuse({**GOOD, "webhook-signature": "v1," + base64.b64encode(raw).decode()})


def test_attack_104_the_secret_of_another_source() -> None:
    refuse(signed(create_secret()))


@pytest.mark.parametrize("name", list(GOOD))
def test_attack_104_a_header_is_sent_twice(name: str) -> None:
    headers = Headers(list(GOOD.items()))
    headers.add(name, GOOD[name])
    refuse(headers)


def test_attack_104_two_spellings_of_one_header() -> None:
    refuse({**GOOD, "Webhook-Id": "msg_1"})


@pytest.mark.parametrize("name", list(GOOD))
def test_attack_104_a_header_is_sent_twice_and_folded_by_the_server(name: str) -> None:
    headers = Headers(list(GOOD.items()))
    headers[name] = f"{GOOD[name]},{GOOD[name]}"
    refuse(EnvironBuilder(headers=headers).get_request().headers)


@pytest.mark.parametrize(
    "alter",
    [
        lambda s: s[3:],
        lambda s: "v1=" + s[3:],
        lambda s: "V1," + s[3:],
        lambda s: "v2," + s[3:],
        lambda s: "v1a," + s[3:],
        lambda s: "v1," + s,
        lambda s: s + "=",
        lambda s: s.rstrip("="),
        lambda s: s[:-4] + "====",
        lambda s: "v1,",
        lambda s: "v1," + base64.b64encode(base64.b64decode(s[3:])[:31]).decode(),
        lambda s: "v1," + base64.b64decode(s[3:]).hex(),
        lambda s: "v1," + base64.urlsafe_b64encode(b"\xfb" * 32).decode(),
        lambda s: f"{s}\t{s}",
        lambda s: f"{s}  {s}",
        lambda s: f" {s}",
        lambda s: " ".join([s] * 17),
        lambda s: s + "\u00e9",
        lambda s: s.replace("A", "\u0410") + "\u200b",
        lambda s: s + "\x00",
        lambda s: "v1," + "A" * 5_000,
    ],
)
def test_attack_104_signature_headers_that_are_nearly_right(alter: Callable[[str], str]) -> None:
    refuse({**GOOD, "webhook-signature": alter(SIGNATURE)})


@pytest.mark.parametrize(
    "event_id",
    ["a.b", "a b", "a\n", "a\r\nb", "\u00e9", "a,b", "x" * 129, "../x", "<script>", "a\x00", "%2e"],
)
def test_attack_104_event_ids_that_could_be_read_as_something_else(event_id: str) -> None:
    mac = hmac.digest(
        base64.b64decode(SECRET.removeprefix("whsec_")), f"{event_id}.{SECONDS}.".encode() + BODY, "sha256"
    )
    signature = "v1," + base64.b64encode(mac).decode()
    refuse({**GOOD, "webhook-id": event_id, "webhook-signature": signature})


def test_attack_104_the_signed_parts_cannot_be_cut_elsewhere() -> None:
    """`a` + `1.B` and `a.1` + `B` sign the same text: an id may hold no full stop."""
    body = f"{SECONDS}.{BODY.decode()}".encode()
    signature = sign_webhook(SECRET, "a", SECONDS, body)
    cut = {**GOOD, "webhook-id": f"a.{SECONDS}", "webhook-signature": signature}
    refuse(cut, BODY)


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=200))
def test_attack_104_any_text_in_the_headers_is_refused_and_never_an_accident(
    event_id: str, timestamp: str, signature: str
) -> None:
    refuse({"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signature})


def test_attack_104_what_is_told_shows_no_secret_no_signature_and_no_near_miss() -> None:
    told = {
        refuse({**GOOD, "webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()}),
        refuse({**GOOD, "webhook-id": "msg_2"}),
        refuse(GOOD, BODY + b" "),
        refuse(signed(create_secret())),
    }
    assert len(told) == 1
    assert SIGNATURE[3:] not in told.pop()


def test_attack_104_long_headers_cost_no_time() -> None:
    start = time.perf_counter()
    for name in GOOD:
        refuse({**GOOD, name: "v1," * 300_000})
    assert time.perf_counter() - start < HANGS_AFTER


def test_attack_104_signatures_are_compared_in_constant_time_and_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every secret against every signature, also after a match: counted at the comparison itself."""
    compared: list[tuple[bytes, bytes]] = []
    genuine = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return genuine(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    other = sign_webhook(create_secret(), "msg_1", SECONDS, BODY)
    headers = {**GOOD, "webhook-signature": f"{SIGNATURE} {other}"}
    assert verify_webhook(headers, BODY, secrets=[SECRET, create_secret()], now=NOW) == "msg_1"
    assert len(compared) == 4
    assert all(isinstance(part, bytes) and len(part) == 32 for pair in compared for part in pair)


def test_b18_both_families_of_header_names_are_read_and_never_mixed() -> None:
    headers = {name.replace("webhook-", "svix-"): value for name, value in GOOD.items()}
    assert verify_webhook(headers, BODY, secrets=[SECRET], now=NOW) == "msg_1"
    for name, value in GOOD.items():
        refuse({**headers, name: value})
    refuse({**headers, "svix-id": "msg_2"})
