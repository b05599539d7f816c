"""Check the status of a token by its Token Status List: fetch, verify, read.

As for other lists, only a list signed by the credential's issuer decides, or one by an issuer whom the reader
trusts to keep lists.
"""

from __future__ import annotations

from collections.abc import Callable

from credserv.fetch.guarded import Fetcher
from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    ProofError,
    ProofTimeError,
    StatusListError,
    StatusListUnusableError,
    UnavailableError,
    UnsupportedProofError,
)
from credserv.ground.verification import Fact, Outcome
from credserv.proof.tokens.status_list_token import ACCEPT, StatusListToken, parse_status_list_token
from credserv.proof.tokens.token import Circumstances
from credserv.status.token_status_list import (
    INVALID,
    SUSPENDED,
    VALID,
    Reference,
    list_of,
    number_at,
    unpack,
)

Judged = tuple[Outcome, str, str]  # outcome, reason, code


def fetch_token(reference: Reference, fetch: Fetcher, own: bytes | None) -> StatusListToken:
    """Fetch a list token. Anything else served at its address says nothing about the credential: UNKNOWN.

    Args:
        own: the list, where it is one of ours.
    """
    body = fetch.get(reference.list_url, accept=ACCEPT).body if own is None else own
    try:
        return parse_status_list_token(body.strip().decode("ascii"), reference.list_url)
    except (InputError, MalformedProofError, UnicodeDecodeError) as error:
        said = getattr(error, "detail", "it is no token")
        raise UnavailableError(f"what the host serves as status list is unreadable: {said}") from error


def verify_token(token: StatusListToken, controller: str, circumstances: Circumstances) -> None:
    try:
        token.verify(controller, circumstances)
    except (UnsupportedProofError, UnavailableError) as error:
        raise type(error)(f"the status list's own proof: {error.detail}") from error
    except ProofTimeError as error:
        raise StatusListUnusableError(f"the status list's own proof: {error.detail}") from error
    except ProofError as error:
        raise StatusListError(f"the status list's own proof does not hold: {error.detail}") from error


def judge_value(
    token: StatusListToken, index: int, facts: dict[str, Fact], read: Callable[[Callable[[], bytes]], bytes]
) -> Judged:
    """Judge the value at an index. `read` unpacks within the work budget."""
    size, text = list_of(token.claims)
    number = number_at(read(lambda: unpack(text)), size, index)
    facts["value"] = number
    if number == VALID:
        return Outcome.PASSED, "It is neither revoked nor suspended.", ""
    if number in (INVALID, SUSPENDED):
        word = "revoked" if number == INVALID else "suspended"
        return Outcome.FAILED, f"Its issuer has {word} it.", word
    reason = f"Its issuer has given it a status whose meaning is not known here: {number}."
    return Outcome.UNKNOWN, reason, "unsupported-status"
