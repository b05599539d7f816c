"""SAML 2.0 sign-in to the console for colleagues, next to OpenID Connect (oidc.py).

Each answer belongs to one request and is valid once, in the requesting browser. An intercepted or unsolicited
assertion therefore opens nothing. An account is stored under `saml:` and the provider's entity ID, so it
cannot be confused with an OpenID Connect account.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.exchange import saml
from credserv.exchange.saml import IdentityProvider, ServiceProvider
from credserv.fetch.guarded import Fetcher
from credserv.ground.addresses import is_https
from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_email
from credserv.journeys.admit.staff_login import domain_of, require_staff_login
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, SamlProviderRecord
from credserv.records.audit import Action, AuditRecord

QUESTION_LIFE = timedelta(minutes=10)


def own_side(services: Services) -> ServiceProvider:
    """Return how the provider knows this organisation's console: by the URL of its metadata."""
    base = f"{services.public_url}/console/saml"
    return ServiceProvider(f"{base}/metadata", f"{base}/acs")


def saml_provider(services: Services) -> SamlProviderRecord | None:
    """Return the organisation's SAML provider."""
    return services.store.saml_providers.get()


def require_saml_provider(services: Services) -> SamlProviderRecord:
    """Return the organisation's SAML provider.

    Raises:
        NotFoundError: There is none.
    """
    found = saml_provider(services)
    if found is None:
        raise NotFoundError("colleagues of this organisation do not sign in by SAML")
    return found


def fetch_metadata(fetcher: Fetcher, address: str) -> bytes:
    """Fetch a provider's metadata.

    Args:
        address: An https URL.

    Raises:
        InputError: The address is not https or refused.
        UnavailableError: It cannot be fetched now.
    """
    if not is_https(address):
        raise InputError("metadata is fetched from an https address, or uploaded as a file")
    return fetcher.get(address, accept="application/samlmetadata+xml, application/xml, text/xml").body


def set_saml_provider(
    services: Services, metadata: bytes, *, actor: str, now: datetime
) -> SamlProviderRecord:
    """Let colleagues sign in at a SAML provider.

    Args:
        metadata: The provider's metadata in XML.

    Raises:
        InputError: The metadata cannot be used, or colleagues can sign in only at the current provider.
    """
    found = saml.parse_metadata(metadata)
    provider = SamlProviderRecord(found.entity_id, found.sign_in, found.certificates, now)
    before, login = saml_provider(services), services.store.staff.login()
    if login is not None and login.is_required and before is not None and before.issuer != provider.issuer:
        raise InputError(
            "colleagues can sign in only with accounts at the present provider: let them in by links first"
        )
    with services.store.transaction():
        services.store.saml_providers.set(provider)
        line = AuditRecord(
            now, actor, Action.LOGIN_SET, services.store.organisation_id, {"issuer": provider.issuer}
        )
        services.store.audit.add(line)
    return provider


def end_saml_provider(services: Services, *, actor: str, now: datetime) -> None:
    """Stop sign-in at the SAML provider.

    Raises:
        NotFoundError: There is none.
    """
    with services.store.transaction():
        if not services.store.saml_providers.end():
            raise NotFoundError("colleagues of this organisation do not sign in by SAML")
        if services.store.identity_providers.get() is None:
            services.store.staff.end_login()
        services.store.audit.add(AuditRecord(now, actor, Action.LOGIN_ENDED, services.store.organisation_id))


def ask(services: Services, now: datetime) -> tuple[str, str]:
    """Start a request. Return the URL for the browser, and the id of the request, which the browser keeps.

    Raises:
        NotFoundError: There is no SAML provider.
    """
    require_staff_login(services)
    provider, request_id = require_saml_provider(services), f"_{random_token(32)}"
    services.store.links.add(hash_token(request_id), LinkPurpose.OIDC, _asking(services), now + QUESTION_LIFE)
    return saml.build_question(own_side(services), _known(provider), request_id, now), request_id


def require_claims(services: Services, answer: str, request_id: str, now: datetime) -> JsonObject:
    """Return what the provider says of the person, as OpenID Connect claims.

    An address counts as verified only in the domains that the organisation listed, because its provider
    cannot speak for others.

    Args:
        answer: The SAMLResponse.
        request_id: The id that the browser kept.

    Raises:
        UnauthenticatedError: The answer is not valid or not for this request.
        NotFoundError: There is no SAML provider.
    """
    provider, login = require_saml_provider(services), require_staff_login(services)
    used = services.store.links.use(
        hash_token(request_id), (LinkPurpose.OIDC,), now, browser=hash_token(random_token(16))
    )
    if used is None or used.subject != _asking(services):
        raise UnauthenticatedError(saml.REFUSED + "this took too long, or was not asked for in this browser")
    subject = saml.read_answer(own_side(services), _known(provider), answer, request_id)
    email = subject.email if subject.email and is_email(subject.email) else None
    claims: dict[str, object] = {
        "iss": provider.issuer,
        "sub": subject.id,
        "email": email,
        "email_verified": email is not None and domain_of(email) in login.domains,
        "name": subject.name,
    }
    groups = list(subject.attributes.get(login.groups_claim, ()))
    return {login.groups_claim: groups, **claims}  # the name of the groups claim cannot replace another claim


def _known(provider: SamlProviderRecord) -> IdentityProvider:
    return IdentityProvider(provider.entity_id, provider.sign_in, provider.certificates)


def _asking(services: Services) -> str:
    return f"saml {services.store.organisation_id} "
