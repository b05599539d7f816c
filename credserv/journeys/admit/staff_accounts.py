"""Console sign-in with an account at the organisation's provider.

An account is an issuer and a subject. It belongs to a member by an address that the provider calls verified,
or because they connected it themselves; no second account replaces it. It opens the console of this
organisation and nothing else. It leads to the person's wallet as little as anything else an employer says
(attack 97).
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import ConflictError, ForbiddenError, UnauthenticatedError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut, is_email
from credserv.journeys.admit import saml
from credserv.journeys.admit.access import Opened, begin_session
from credserv.journeys.admit.colleagues import actor_of
from credserv.journeys.admit.directory import roles_by_groups
from credserv.journeys.admit.given_roles import give_roles
from credserv.journeys.admit.oidc import Answer, provider_of, require_claims
from credserv.journeys.admit.sign_in import find_signed_in_colleague
from credserv.journeys.admit.staff_login import domain_of, require_staff_login
from credserv.journeys.services import Services
from credserv.records.access import SessionKind, SessionRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import Recipient
from credserv.records.roles import RULING, ColleagueRecord, Permission, Role
from credserv.records.staff import StaffAccountRecord, StaffLoginRecord

# Claims by which a provider says that it verified the address (OpenID Connect Core, section 5.1). Entra ID
# never sends the first one and uses the second.
_VOUCHES = ("email_verified", "xms_edov")
# Anybody can have an account there with any address they could read once. Only
# `hd` says that a company runs it.
_OF_ANYBODY = "https://accounts.google.com"
_MAX_NAME_CHARS = 200


def open_console(services: Services, answer: Answer, now: datetime) -> Opened:
    """Begin a session of the account's owner, with the roles that its groups give now.

    Raises:
        UnauthenticatedError: The answer is not valid, or the account is nobody's here.
        UnavailableError: The provider does not answer.
        NotFoundError: No account opens the console.
    """
    return _open(services, require_claims(services, None, answer, now), now)


def open_console_by_saml(services: Services, answer: str, request_id: str, now: datetime) -> Opened:
    """Like `open_console`, for SAML.

    Args:
        answer: The SAMLResponse.
        request_id: The id that the browser kept.
    """
    return _open(services, saml.require_claims(services, answer, request_id, now), now)


def _open(services: Services, claims: JsonObject, now: datetime) -> Opened:
    login = require_staff_login(services)
    _require_domain(login, claims)
    groups = _groups(claims, login.groups_claim)
    with services.store.transaction():
        account = _find_or_connect(services, claims, login.roles_of(groups), now)
        user = services.store.directory.user_of(account.membership_id)
        if user is not None and not user.is_active:
            raise UnauthenticatedError("your organisation's directory has deactivated your account")
        by_directory = roles_by_groups(services, user) if user is not None else frozenset()
        _take_roles(services, account, login.roles_of(groups) | by_directory, now)
    with services.store.transaction():  # in its own transaction, so that ended roles stay ended
        colleague = services.store.colleagues.get(account.membership_id, services.today(now))
        if colleague is None:
            raise UnauthenticatedError("your account has no role here")
        opened = begin_session(services, SessionKind.ADMINISTRATOR, colleague.person_id, now, proved=False)
        line = AuditRecord(now, actor_of(colleague), Action.SIGNED_IN, colleague.person_id)
        services.store.audit.add(line)
    return opened


def add_account(services: Services, session: SessionRecord, answer: Answer, now: datetime) -> None:
    """Connect an account to the colleague who is signed in.

    Raises:
        ConflictError: The account is another colleague's.
        CredservError: As `open_console`.
    """
    login = require_staff_login(services)
    claims = require_claims(services, session, answer, now)
    _require_domain(login, claims)
    colleague = find_signed_in_colleague(services, session, now)
    with services.store.transaction():
        known = services.store.staff.account(str(claims["iss"]), str(claims["sub"]))
        if known is not None and known.membership_id != colleague.membership_id:
            raise ConflictError("this account is another colleague's")
        if known is None:
            _connect(services, colleague.membership_id, claims, actor_of(colleague), now)


def prove(services: Services, session: SessionRecord, answer: Answer, now: datetime) -> None:
    """Mark the session as proved. Raises as `open_console`."""
    claims = require_claims(services, session, answer, now)
    known = services.store.staff.account(str(claims["iss"]), str(claims["sub"]))
    if known is None or known.membership_id != find_signed_in_colleague(services, session, now).membership_id:
        raise UnauthenticatedError("this account is not yours here, so it shows nothing")
    services.store.access.note_proof(session.token_sha256, now)


def accounts_of(services: Services, membership_id: str) -> tuple[StaffAccountRecord, ...]:
    """Return a member's accounts, oldest first."""
    return services.store.staff.accounts_of(membership_id)


def has_account(services: Services, membership_id: str) -> bool:
    """Return whether a member has an account at the current provider."""
    provider = provider_of(services)
    return provider is not None and any(
        one.issuer == provider.issuer for one in accounts_of(services, membership_id)
    )


def end_account(
    services: Services, actor: ColleagueRecord, membership_id: str, account_id: str, now: datetime
) -> None:
    """Disconnect an account. The roles from its groups end.

    Raises:
        NotFoundError: There is no such account.
        ForbiddenError: The acting colleague may not do this.
    """
    theirs = services.store.colleagues.written_roles(membership_id)
    if membership_id != actor.membership_id and not actor.may(Permission.COLLEAGUES):
        raise ForbiddenError("your role does not cover this: ask an owner or administrator")
    if theirs & RULING and membership_id != actor.membership_id and not actor.may(Permission.ORGANISATION):
        raise ForbiddenError("only an owner can change how owners and administrators sign in")
    with services.store.transaction():
        given = {one.id: one.given_roles for one in accounts_of(services, membership_id)}
        services.store.staff.end_account(membership_id, account_id)
        give_roles(services, membership_id, given[account_id], frozenset(), actor=actor_of(actor), now=now)
        line = AuditRecord(now, actor_of(actor), Action.COLLEAGUE_ACCOUNT_ENDED, membership_id)
        services.store.audit.add(line)


# --- the account's owner -----------------------------------------------------------------------------


def _find_or_connect(
    services: Services, claims: JsonObject, roles: frozenset[Role], now: datetime
) -> StaffAccountRecord:
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    known = services.store.staff.account(issuer, subject)
    if known is not None:
        return known
    email = verified_address(claims)
    if email is None:
        raise UnauthenticatedError(
            "your provider does not say that it has verified your address: sign in by a link, and connect "
            "the account under My account"
            if not issuer.startswith("saml:")
            else "your address is not of a domain for which this provider speaks: an owner lists it"
        )
    member = services.store.members.find_by_email(email)
    has = services.store.colleagues.written_roles(member.id) if member is not None else frozenset()
    if not has | roles:
        raise UnauthenticatedError("your account has no role here: ask an owner or administrator")
    if member is None:
        name = claims.get("name")
        called = cut(name, _MAX_NAME_CHARS) if isinstance(name, str) and name.strip() else None
        member = services.store.members.add(Recipient(email=email, name=called), now)
    if any(one.issuer == issuer for one in accounts_of(services, member.id)):
        raise UnauthenticatedError(
            "another account is connected with this address: an owner or administrator removes it first"
        )
    return _connect(services, member.id, claims, f"provider:{issuer}", now)


def _connect(
    services: Services, membership_id: str, claims: JsonObject, actor: str, now: datetime
) -> StaffAccountRecord:
    made = services.store.staff.add_account(membership_id, str(claims["iss"]), str(claims["sub"]), now)
    services.store.audit.add(AuditRecord(now, actor, Action.COLLEAGUE_ACCOUNT_ADDED, membership_id))
    return made


def _take_roles(
    services: Services, account: StaffAccountRecord, wanted: frozenset[Role], now: datetime
) -> None:
    """Also end the roles from the member's other accounts, such as those at a former provider."""
    staff, theirs = services.store.staff, accounts_of(services, account.membership_id)
    before = frozenset[Role]().union(*(one.given_roles for one in theirs))
    actor = f"provider:{account.issuer}"
    given = give_roles(services, account.membership_id, before, wanted, actor=actor, now=now)
    for one in theirs:
        staff.set_given_roles(one.id, given if one.id == account.id else ())
    staff.note_use(account.id, now)


# --- what the provider says ---------------------------------------------------------------------------


def verified_address(claims: JsonObject) -> str | None:
    """Return the address that identifies a member; None if the provider does not vouch for it."""
    email = claims.get("email")
    is_vouched = any(claims.get(name) in (True, "true", "1") for name in _VOUCHES)
    if not is_vouched or not isinstance(email, str) or not is_email(email):
        return None
    return email if claims["iss"] != _OF_ANYBODY or claims.get("hd") == domain_of(email) else None


def _require_domain(login: StaffLoginRecord, claims: JsonObject) -> None:
    """Check the domain of the address, whatever it is.

    A missing or unverified address does not get around the check.
    """
    email = claims.get("email")
    domain = domain_of(email) if isinstance(email, str) and is_email(email) else ""
    if login.domains and domain not in login.domains:
        raise UnauthenticatedError("accounts of your domain do not open this console")


def _groups(claims: JsonObject, name: str) -> frozenset[str]:
    """Return the groups.

    A string is one group, whatever it contains; anything but a list of strings is none.
    """
    if not name:
        return frozenset()
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, dict) and name in elsewhere:
        # OpenID Connect Core, section 5.6.2. Entra ID does this for people in more than 200 groups.
        raise UnauthenticatedError(
            "your provider left your groups out, since there are too many: have it send those of this alone"
        )
    found = claims.get(name)
    listed = found if isinstance(found, list) else [found]
    return frozenset(one for one in listed if isinstance(one, str))
