"""LTI dynamic registration: a platform registers this service as a tool at a URL
that an administrator gave it.
"""

from __future__ import annotations

from datetime import datetime

from credserv.fetch.calling import Caller
from credserv.ground.canonical_json import to_json
from credserv.ground.errors import NotFoundError, UnavailableError
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.sources import SourceRecord
from credserv.sources.lti.registration import build_registration, read_configuration, read_registration
from credserv.sources.lti.settings import parse_platform
from credserv.sources.pulling.settings import read_pull
from credserv.sources.signing.authentication import find_match
from credserv.sources.signing.tool_key import is_key

_JSON = {"Accept": "application/json"}
_ACTOR = "lti registration"


def register(
    services: Services,
    source: SourceRecord,
    secret: str,
    *,
    configuration_url: str,
    token: str,
    now: datetime,
) -> str:
    """Register with a platform. The secret in the URL is used up and opens nothing more.

    Args:
        secret: From the registration URL.
        configuration_url: The platform's OpenID configuration.
        token: The platform's registration token; "" if it gave none.

    Returns:
        The platform's issuer.

    Raises:
        NotFoundError: The secret is not valid.
        InputError, FetchRefusedError: The platform's answers cannot be used.
        UnavailableError: The platform does not answer.
    """
    own = [(one, one.encode()) for one in source.secrets_at(now) if not is_key(one)]
    matched = find_match(secret.encode(), own)
    if matched is None:
        raise NotFoundError("there is no such registration")
    configuration = read_configuration(_ask(services.caller, configuration_url), configuration_url)
    name = str(services.issuer.profile.get("name") or "Badges")
    wanted = build_registration(
        name=name, address=f"{services.public_url}/lti/{source.name}", public_url=services.public_url
    )
    body = _ask(services.caller, configuration.registration_endpoint, to_json(wanted), token)
    options = {**source.options, "lti": read_registration(body, configuration)}
    parse_platform(options)
    with services.store.transaction():
        services.store.sources.set_options(source.name, options)
        if read_pull(source.dialect, options) is not None:
            services.store.source_pulls.schedule(source.name, now)
        services.store.sources.remove_secret(source.name, matched)
        detail = {"issuer": configuration.issuer}
        services.store.audit.add(AuditRecord(now, _ACTOR, Action.SOURCE_REGISTERED, source.name, detail))
    return configuration.issuer


def _ask(caller: Caller, url: str, content: bytes | None = None, token: str = "") -> bytes:
    headers = dict(_JSON)
    if content is not None:
        headers["Content-Type"] = "application/json"
    if token:
        headers["Authorization"] = f"Bearer {token}"
    answer = caller.call(url, headers=headers, content=content)
    if answer.status not in (200, 201):
        raise UnavailableError(f"the platform answered {answer.status} at {url[:200]}")
    return answer.body
