"""How a message shows who sent it: one file per way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Authentication:
    """The verdict on who sent a message, kept beside it.

    method: the way (`standard-webhooks`, `bearer`, `secret-path`, …). is_signed: the body itself is covered,
    so that nobody between has changed it; what comes from an unsigned source says so in its evidence.
    key: which secret or key it was (a fingerprint or a `kid`), never the secret. message_id: the sender's
    own id of the delivery. body: what was signed, where it came inside a token.
    """

    method: str
    is_signed: bool
    key: str | None = None
    message_id: str | None = None
    body: bytes | None = None
