"""API keys: `Authorization: Bearer csk_<id>_<secret>`, each with its scopes.

Absent, malformed, unknown and ended keys get the same response (401). For a valid key without the scope, the
response names the scope that the call needs (403). Console and wallet use their own sessions.
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
    """Decorate a view so that only a valid API key with `scope` passes. The OpenAPI document shows it too."""

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
    """Return the key of the current request, in a view under `require_scope`."""
    key: ApiKeyRecord = g.api_key
    return key


def actor() -> str:
    """Return who acts, for the audit trail and the scope of idempotency keys."""
    return f"api:{api_key().id}"
