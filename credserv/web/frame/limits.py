"""Limits on one caller: bytes, depth, requests per time.

Each purpose has its own budget, so that a flood on the public verifier does not affect issuing (attack 45).
Calls are counted by client address (behind `trusted_proxies`, the one they report). Verification by a program
with an API key is counted by that key, which has a budget of its own (found D8). *Not found* at unguessable
addresses has a budget too, so that guessing stays hopeless (attack 113).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, Response, g
from limits import RateLimitItem, parse_many
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import (
    RequestEntityTooLarge,
    RequestURITooLarge,
    ServiceUnavailable,
    TooManyRequests,
    UnsupportedMediaType,
)

from credserv.ground.addresses import visitor_of
from credserv.ground.errors import TooLargeError
from credserv.web.frame.bearer import find_caller_key
from credserv.web.frame.context import context, current_application, current_request
from credserv.web.frame.counting import open_limiter
from credserv.web.frame.door import Body, current_door
from credserv.web.frame.organisations import organisation_of

MAX_IMAGE_BYTES = 4_194_304
MAX_BATCH_BYTES = 16_777_216
MAX_FRAMEWORK_BYTES = 65 * 1_048_576  # its files, with the rest of the form
_MAX_QUERY_BYTES = 4_096
_NAME = "credserv.budgets"
_LARGEST = {Body.IMAGE: MAX_IMAGE_BYTES, Body.BATCH: MAX_BATCH_BYTES, Body.FRAMEWORK: MAX_FRAMEWORK_BYTES}
_OF_ORGANISATIONS = ("api", "hooks")
_INTAKE = "intake"
_OF_MESSAGES = "hooks"  # learning systems drop a message after a 4xx, and retry after a 503
_MISSED = (404, 410)  # an ended one differs from one that never existed, where its holder ended it


@dataclass(frozen=True)
class Budgets:
    """Rates by purpose (`verify`, `verify_keys`, `api`, `hooks`, `intake`, `misses`, `letters`, `links`,
    `apps`, `registrations`, `wallets`, `register`).

    All are counted in one storage.
    """

    limiter: FixedWindowRateLimiter
    rates: Mapping[str, tuple[RateLimitItem, ...]]

    @classmethod
    def open(cls, storage_url: str, rates: Mapping[str, str]) -> Budgets:
        parsed = {purpose: tuple(parse_many(rate)) for purpose, rate in rates.items()}
        return cls(open_limiter(storage_url), parsed)

    def spend(self, purpose: str, key: str, cost: int = 1, *, counted: int = 0) -> None:
        """Count `cost` requests.

        Raises:
            TooManyRequests: not so many are left; with `Retry-After`. For learning systems' messages,
                ServiceUnavailable.
            TooLargeError: with the `counted` ones of the same call, there are more than the rate ever allows
                at once.
        """
        for item in self.rates[purpose]:
            if cost + counted > item.amount:
                raise TooLargeError(f"at most {item.amount} are answered at once")
            if cost > 1 and not self.limiter.test(item, purpose, key, cost=cost):  # fewer may be left
                self._refuse(item, purpose, key)
            if not self.limiter.hit(item, purpose, key, cost=cost):
                self._refuse(item, purpose, key)

    def note(self, purpose: str, key: str, cost: int) -> None:
        """Count `cost` requests that were already answered, whatever is left."""
        for item in self.rates[purpose]:
            self.limiter.hit(item, purpose, key, cost=cost)

    def _refuse(self, item: RateLimitItem, purpose: str, key: str) -> None:
        reset_at = self.limiter.get_window_stats(item, purpose, key).reset_time
        seconds = max(1, int(reset_at - time.time()) + 1)
        kind = ServiceUnavailable if purpose == _OF_MESSAGES else TooManyRequests
        raise kind(
            f"At most {item.amount} such requests are answered per {item.get_expiry()} seconds. "
            f"Come back in {seconds} seconds.",
            retry_after=seconds,
        )


def spend(purpose: str) -> None:
    """Count the current request against a budget. Raises as `Budgets.spend`."""
    _budgets().spend(*_counted_as(purpose))


def spend_rest(purpose: str, total: int) -> None:
    """Count what the request asks for beyond the first, which `entrance` counted.

    Raises as `Budgets.spend`.
    """
    if total > 1:
        _budgets().spend(*_counted_as(purpose), total - 1, counted=1)


def spend_intake() -> None:
    """Count an accepted event or call for its organisation, so that one organisation's flood delays no other.

    A single organisation has the whole budget. Counted after key or signature were checked, so that a
    stranger cannot use it up. Raises as `Budgets.spend`.
    """
    if not _shares_intake():
        return
    try:
        _budgets().spend(_INTAKE, organisation_of(current_request()))
    except TooManyRequests as refused:
        if current_door().budget == _OF_MESSAGES:
            raise ServiceUnavailable(refused.description, retry_after=refused.retry_after) from None
        raise


def note_intake(count: int) -> None:
    """Count what an accepted call held beyond the first, which `spend_intake` counted.

    It may pass the budget: the call itself is answered whole, and the organisation's next ones wait for it.
    """
    if count > 1 and _shares_intake():
        _budgets().note(_INTAKE, organisation_of(current_request()), count - 1)


def _shares_intake() -> bool:
    return len(context().organisations.slugs()) > 1


def _counted_as(purpose: str) -> tuple[str, str]:
    """Return the budget and its owner: the client, or the key of a verifying program.

    What organisations accept is counted for each separately: several may receive from one learning system.
    """
    if purpose == "verify" and current_door().machine:
        key = find_caller_key()
        if key is not None:
            return "verify_keys", key.id
    of = f"{organisation_of(current_request())} " if purpose in _OF_ORGANISATIONS else ""
    return purpose, of + client_address()


def client_address() -> str:
    """Return whom the current request is counted for."""
    return visitor_of(current_request().remote_addr or "unknown")


def install_limits(app: Flask, budgets: Budgets, *, max_document_bytes: int) -> None:
    app.extensions[_NAME] = budgets
    app.config["MAX_CONTENT_LENGTH"] = max_document_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = max_document_bytes
    app.before_request(_refuse_excess)
    app.after_request(_count_misses)


def body_bytes() -> bytes:
    """Return the whole raw body of the request. Raises RequestEntityTooLarge past the limit.

    A chunked body has no stated length, and werkzeug silently cuts it off at the limit. So a body that
    reaches the limit is refused: half a document is another document.
    """
    asked = current_request()
    data = asked.get_data(cache=True)
    largest = asked.max_content_length
    if largest is not None and asked.content_length is None and len(data) >= largest:
        raise RequestEntityTooLarge()
    return data


def _refuse_excess() -> None:
    door, asked, config = current_door(), current_request(), current_application().config
    asked.max_content_length = max(config["MAX_CONTENT_LENGTH"], _LARGEST.get(door.body, 0))
    asked.max_form_parts = door.parts
    if asked.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        g.accept_encoding = "identity"
        raise UnsupportedMediaType("Compressed request bodies are not read: send the body as it is.")
    if len(asked.query_string) > _MAX_QUERY_BYTES:
        raise RequestURITooLarge(f"The query is longer than {_MAX_QUERY_BYTES} bytes.")


def _count_misses(response: Response) -> Response:
    """Count misses only: existing content is served however often others behind the same address guessed
    wrong."""
    if response.status_code in _MISSED and current_door().guessable:
        try:
            _budgets().spend("misses", client_address())
        except TooManyRequests as refused:
            app = current_application()
            response = app.make_response(app.handle_user_exception(refused))
    if response.status_code == 415 and "accept_encoding" in g:
        response.headers["Accept-Encoding"] = g.accept_encoding
    return response


def _budgets() -> Budgets:
    found: Budgets = current_application().extensions[_NAME]
    return found
