"""API keys at the door: `Authorization: Bearer csk_<id>_<secret>`, each with its scopes.

Absent, malformed, unknown and ended keys are answered alike (401); a live key without the scope is told
which scope the call needs (403). Console and wallet have sessions of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g

from credserv.ground.errors import ForbiddenError
from credserv.records.access import ApiKeyRecord
from credserv.web.frame.bearer import require_caller_key
from credserv.web.frame.limits import spend_intake

P = ParamSpec("P")
R = TypeVar("R")


def require_scope(scope: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator of a view: only a live API key with `scope` passes. The OpenAPI document says so too."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            key = require_caller_key()
            if scope not in key.scopes:
                raise ForbiddenError(f"this API key lacks the scope {scope}")
            spend_intake()
            g.api_key = key
            return view(*args, **kwargs)

        documented = deepcopy(getattr(guarded, "_apidoc", {}))
        documented.setdefault("manual_doc", {})["security"] = [{"apiKey": [scope]}]
        guarded._apidoc = documented  # type: ignore[attr-defined]  # where flask-smorest keeps what it documents
        return guarded

    return decorate


def api_key() -> ApiKeyRecord:
    """The key of the current request, inside a view under `require_scope`."""
    key: ApiKeyRecord = g.api_key
    return key


def actor() -> str:
    """Who acts, for the audit trail and the scope of idempotency keys."""
    return f"api:{api_key().id}"
