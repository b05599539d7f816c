"""Get an access token by client id and secret.

RFC 6749, 4.4; 1EdTech Security Framework 1.0, 4.1: the client authenticates by Basic and gets a token for the
scopes it requests.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from credserv.fetch.calling import Caller
from credserv.ground.errors import InputError, UnavailableError
from credserv.ground.strict_json import parse_json_object


@dataclass(frozen=True)
class TokenClient:
    """A client. `token_endpoint` is an https address; `scope` as the host names it, "" for its default."""

    token_endpoint: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""


def fetch_token(caller: Caller, client: TokenClient) -> str:
    """Return a token. Raises FetchRefusedError, UnavailableError, and InputError where the host refuses."""
    # RFC 6749, 2.3.1: both parts are form-encoded first.
    named = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}".encode()
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"Basic {base64.b64encode(named).decode()}",
    }
    form = {"grant_type": "client_credentials", **({"scope": client.scope} if client.scope else {})}
    answer = caller.call(client.token_endpoint, headers=headers, content=urlencode(form).encode())
    if answer.status in (400, 401, 403):
        raise InputError(f"the host gives this client no access token ({answer.status})")
    if answer.status != 200:
        raise UnavailableError(f"the host answered {answer.status} when it was asked for an access token")
    token = parse_json_object(answer.body).get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
        raise InputError("the host gave no access token")
    return token
