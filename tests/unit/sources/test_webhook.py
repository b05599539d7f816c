"""Standard Webhooks: against the published sample, the reference package, and by hand."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from credserv.ground.errors import InputError, WebhookSignatureError
from credserv.sources.webhook import create_secret, decode_secret, sign_webhook, verify_webhook
from tests.testkit.shared import shared_path

BODY = b'{"type":"course.completed","data":{}}'
NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SECONDS = int(NOW.timestamp())


def signed(
    secret: str, *, event_id: str = "msg_1", timestamp: int = SECONDS, body: bytes = BODY
) -> dict[str, str]:
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign_webhook(secret, event_id, timestamp, body),
    }


@pytest.fixture(scope="module")
def secret() -> str:
    return create_secret()


def test_the_sample_with_its_body_verifies_and_gives_its_event_id() -> None:
    folder = shared_path("payloads/standard-webhooks")
    sample = json.loads((folder / "sample.SELF-MADE.json").read_bytes())
    body = (folder / "body.json").read_bytes()
    now = datetime.fromtimestamp(int(sample["headers"]["webhook-timestamp"]), UTC)
    assert (
        verify_webhook(sample["headers"], body, secrets=[sample["secret"]], now=now)
        == (sample["headers"]["webhook-id"])
    )
    with pytest.raises(WebhookSignatureError):
        verify_webhook(sample["headers"], body + b"\n", secrets=[sample["secret"]], now=now)


@given(body=st.text(max_size=200), size=st.integers(24, 64))
def test_what_we_sign_the_reference_package_verifies_and_the_other_way_round(body: str, size: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    raw = body.encode()
    secret = "whsec_" + base64.b64encode(bytes(range(size))).decode()
    reference = Webhook(secret)
    ours = signed(secret, timestamp=int(now.timestamp()), body=raw)
    reference.verify(raw, ours, json_parse=False)
    theirs = {**ours, "webhook-signature": reference.sign("msg_1", now, body)}
    assert verify_webhook(theirs, raw, secrets=[secret], now=now) == "msg_1"


def test_the_reference_package_refuses_what_we_refuse(secret: str) -> None:
    now = datetime.now(UTC)
    headers = signed(secret, timestamp=int(now.timestamp()))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers, json_parse=False)
    with pytest.raises(WebhookSignatureError):
        verify_webhook(headers, BODY + b" ", secrets=[secret], now=now)


def test_header_names_are_read_in_any_case(secret: str) -> None:
    headers = {name.title(): value for name, value in signed(secret).items()}
    assert verify_webhook(headers, BODY, secrets=[secret], now=NOW) == "msg_1"


def test_while_a_secret_is_changed_both_are_accepted(secret: str) -> None:
    newer = create_secret()
    for used in (secret, newer):
        assert verify_webhook(signed(used), BODY, secrets=[newer, secret], now=NOW) == "msg_1"


def test_a_sender_that_changes_its_secret_may_send_several_signatures(secret: str) -> None:
    headers = signed(secret)
    other = sign_webhook(create_secret(), "msg_1", SECONDS, BODY)
    headers["webhook-signature"] = f"v1a,{'A' * 86}== {other} {headers['webhook-signature']}"
    assert verify_webhook(headers, BODY, secrets=[secret], now=NOW) == "msg_1"


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_within_five_minutes_either_way_is_in_time(secret: str, seconds: int) -> None:
    headers = signed(secret, timestamp=SECONDS + seconds)
    assert verify_webhook(headers, BODY, secrets=[secret], now=NOW) == "msg_1"


def test_the_tolerance_can_be_set(secret: str) -> None:
    later = NOW + timedelta(seconds=31)
    assert verify_webhook(signed(secret), BODY, secrets=[secret], now=later, tolerance_seconds=31)
    with pytest.raises(WebhookSignatureError, match="30 seconds"):
        verify_webhook(signed(secret), BODY, secrets=[secret], now=later, tolerance_seconds=30)


def test_secrets_are_random_and_readable() -> None:
    one, other = create_secret(), create_secret()
    assert one != other
    assert len(decode_secret(one)) == 32
    assert decode_secret(one.rstrip("=")) == decode_secret(one)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_!!!",
        "whsk_" + "A" * 44,
        "A" * 44,
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
    ],
)
def test_a_secret_of_another_form_or_strength_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        decode_secret(text)


def test_a_stored_secret_that_cannot_be_read_matches_nothing(secret: str) -> None:
    with pytest.raises(WebhookSignatureError):
        verify_webhook(signed(secret), BODY, secrets=["whsec_broken"], now=NOW)
    assert verify_webhook(signed(secret), BODY, secrets=["whsec_broken", secret], now=NOW)
