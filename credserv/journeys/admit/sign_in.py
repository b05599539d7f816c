"""Sign in by link: what each kind of link proves, and whom it signs in.

A mailed link proves the address it went to, so it identifies the person by that address. A link printed on
the server or handed over in person proves nothing: it opens the console as one colleague, and no wallet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError
from credserv.ground.names import cut, is_email, normalise_email
from credserv.journeys.admit import claims
from credserv.journeys.admit.access import Opened, begin_session
from credserv.journeys.admit.staff_login import requires_account
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, LinkRecord, SessionKind, SessionRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import Recipient
from credserv.records.organisations import MAIN
from credserv.records.people import ProvedKind
from credserv.records.roles import ColleagueRecord, Role

CONSOLE_LINK_LIFE = timedelta(minutes=15)
INVITATION_LIFE = timedelta(days=7)
WALLET_LINK_LIFE = timedelta(days=7)

_CONSOLE = (LinkPurpose.CONSOLE, LinkPurpose.CONSOLE_MAIL, LinkPurpose.FIRST_OWNER)
_TOKEN_BYTES = 32
_MAX_NAME_CHARS = 200


@dataclass(frozen=True)
class Owner:
    """The future owner of an organisation, as named on the server or on the console's first page."""

    email: str
    name: str = ""


# --- the console ----------------------------------------------------------------------------------


def create_console_link(
    services: Services, now: datetime, *, owner: Owner | None = None, actor: str = "command"
) -> str:
    """Create a link that signs one browser in to the console, once, within 15 minutes.

    Args:
        owner: Whom it signs in; they become an owner if they are not. None for the longest-standing owner. If
            there is no owner, its page asks who they are.

    Returns:
        The absolute URL.

    Raises:
        InputError: The owner's address is not valid.
    """
    if owner is not None:
        person_id = make_owner(services, owner, now, actor=actor).person_id
        return _console_url(services, LinkPurpose.CONSOLE, person_id, now + CONSOLE_LINK_LIFE)
    owners = _owners(services, now)
    if owners:
        return _console_url(services, LinkPurpose.CONSOLE, owners[0].person_id, now + CONSOLE_LINK_LIFE)
    return _console_url(services, LinkPurpose.FIRST_OWNER, "", now + CONSOLE_LINK_LIFE)


def create_colleague_link(services: Services, colleague: ColleagueRecord, now: datetime) -> str:
    """Create a console link for a colleague, to hand over where no letter reaches them.

    It is valid for a week.
    """
    return _console_url(services, LinkPurpose.CONSOLE, colleague.person_id, now + INVITATION_LIFE)


def create_mailed_console_link(services: Services, email: str, now: datetime, life: timedelta) -> str:
    """Create a console link.

    It must go to this address and nowhere else, because opening it proves the address.
    """
    return _console_url(services, LinkPurpose.CONSOLE_MAIL, email, now + life)


def require_email(text: str) -> str:
    """Return an address in its normal form.

    Raises:
        InputError: It is not an e-mail address.
    """
    if not is_email(text.strip()):
        raise InputError("enter one e-mail address, such as name@example.org")
    return normalise_email(text)


def make_owner(services: Services, owner: Owner, now: datetime, *, actor: str) -> ColleagueRecord:
    """Make the member with this address an owner.

    Raises:
        InputError: The address is not valid.
    """
    recipient = Recipient(
        email=require_email(owner.email), name=cut(owner.name.strip(), _MAX_NAME_CHARS) or None
    )
    store = services.store
    with store.transaction():
        member = store.members.add(recipient, now)
        today, roles = services.today(now), store.colleagues.written_roles(member.id)
        has_left = member.ends_on is not None and member.ends_on < today
        if has_left:  # making them owner brings them back
            store.roster.stay(member.id)
        if has_left or Role.OWNER not in roles:
            roles = frozenset[Role]() if has_left else roles
            store.colleagues.set_roles(member.id, roles | {Role.OWNER}, today)
            store.audit.add(AuditRecord(now, actor, Action.OWNER_MADE, member.id))
        return colleague_of(services, member.id, now)


def colleague_of(services: Services, membership_id: str, now: datetime) -> ColleagueRecord:
    """Return a colleague.

    Raises:
        NotFoundError: There is no such colleague.
    """
    found = services.store.colleagues.get(membership_id, services.today(now))
    if found is None:
        raise NotFoundError("there is no such colleague")
    return found


def console_link(services: Services, token: str, now: datetime) -> LinkRecord | None:
    """Return a live console link without using it up, as a GET may."""
    found = services.store.links.find(hash_token(token), _CONSOLE)
    return found if found is not None and found.is_open(now) else None


def open_console_link(
    services: Services, token: str, now: datetime, *, browser: str, owner: Owner | None = None
) -> Opened:
    """Use up a link and begin a session. Pressing the button twice in one browser works for a minute.

    Args:
        owner: From the first page of a console that has no owner yet.

    Raises:
        UnauthenticatedError: The link is used, expired or unknown, or not for a colleague.
        InputError: The owner has no valid address.
    """
    with services.store.transaction():
        link = _use(services, token, _CONSOLE, now, browser)
        if link.purpose is LinkPurpose.CONSOLE_MAIL and requires_account(services):
            raise UnauthenticatedError("colleagues of this organisation sign in with their accounts alone")
        if link.purpose is LinkPurpose.FIRST_OWNER:
            person_id = _first_owner(services, owner, now)
        elif link.purpose is LinkPurpose.CONSOLE_MAIL:
            person_id = prove_address(services, link.subject, now)
        else:
            person_id = link.subject
        if services.store.colleagues.of_person(person_id, services.today(now)) is None:
            raise UnauthenticatedError("this link is not for somebody who has a role here")
        proved = link.purpose is LinkPurpose.CONSOLE_MAIL
        opened = begin_session(services, SessionKind.ADMINISTRATOR, person_id, now, proved=proved)
        services.store.audit.add(AuditRecord(now, f"person:{person_id}", Action.SIGNED_IN, person_id))
    return opened


def find_signed_in_colleague(services: Services, session: SessionRecord, now: datetime) -> ColleagueRecord:
    """Return who is signed in to the console, with their current roles.

    Raises:
        UnauthenticatedError: They no longer have a role.
    """
    found = services.store.colleagues.of_person(session.subject, services.today(now))
    if found is None:
        raise UnauthenticatedError("you no longer have a role here")
    is_first = services.store.organisation_id == MAIN
    return replace(found, only_looks=not services.issuer.is_open, is_first=is_first)


def _first_owner(services: Services, owner: Owner | None, now: datetime) -> str:
    if _owners(services, now):
        raise UnauthenticatedError("there is an owner already: ask for a new link")
    return make_owner(services, owner or Owner(""), now, actor="console").person_id


def _owners(services: Services, now: datetime) -> list[ColleagueRecord]:
    found = services.store.colleagues.list(services.today(now))
    return [one for one in found if Role.OWNER in one.roles]


def _console_url(services: Services, purpose: LinkPurpose, subject: str, expires_at: datetime) -> str:
    return f"{services.public_url}/console/open/{add_link(services, purpose, subject, expires_at)}"


# --- the wallet -----------------------------------------------------------------------------------


def create_wallet_link(services: Services, email: str, now: datetime, *, claim: str | None = None) -> str:
    """Create a link that proves an address and so opens its owner's wallet, once, within seven days.

    It must go to that address and nowhere else. It ends earlier links that were not used.

    Args:
        claim: The id of a credential that comes into the wallet with it, if nobody keeps it yet.

    Returns:
        The absolute URL.
    """
    with services.store.transaction():
        services.store.links.forget_unused(LinkPurpose.WALLET, email)
        token = add_link(services, LinkPurpose.WALLET, email, now + WALLET_LINK_LIFE, claim=claim)
    return f"{services.public_url}/wallet/open/{token}"


def wallet_link(services: Services, token: str, now: datetime) -> LinkRecord | None:
    """Return a live wallet link without using it up, as a GET may."""
    found = services.store.links.find(hash_token(token), (LinkPurpose.WALLET,))
    return found if found is not None and found.is_open(now) else None


def open_wallet_link(services: Services, token: str, now: datetime, *, browser: str) -> Opened:
    """Like `open_console_link`, for the wallet of the person whose address the link proves."""
    with services.store.transaction():
        link = _use(services, token, (LinkPurpose.WALLET,), now, browser)
        person_id = prove_address(services, link.subject, now)
        if link.claim is not None:
            claims.keep(services, link.claim, person_id, now)
        opened = begin_session(services, SessionKind.HOLDER, person_id, now)
        services.store.audit.add(AuditRecord(now, f"person:{person_id}", Action.SIGNED_IN, person_id))
    return opened


def prove_address(services: Services, email: str, now: datetime) -> str:
    """Return the person whose mailbox this is, and give them everything asserted under it.

    That is whoever proved it before; else the person whom an organisation first addressed by it, if they have
    proved nothing yet; else a new person.

    Raises:
        UnauthenticatedError: The address no longer signs anybody in.
    """
    people = services.store.people
    proved = people.find_proved(ProvedKind.EMAIL, email)
    if proved is not None and not proved.signs_in:
        raise UnauthenticatedError("nobody can sign in with this address: use another one of yours")
    if proved is not None:
        person_id = proved.person_id
    else:
        person_id = people.find_unclaimed(email) or people.add(None, now)
    people.prove(person_id, ProvedKind.EMAIL, email, added_by="mailed-link", now=now)
    return person_id


def proved_addresses(services: Services, person_id: str) -> list[str]:
    """Return the addresses that sign a person in, oldest first."""
    proved = services.store.people.proved(person_id)
    return [
        known.value
        for known in proved
        if known.kind is ProvedKind.EMAIL and known.signs_in and known.ended_at is None
    ]


# --- inside -----------------------------------------------------------------------------------------


def add_link(
    services: Services, purpose: LinkPurpose, subject: str, expires_at: datetime, *, claim: str | None = None
) -> str:
    """Store a link and return its token."""
    token = random_token(_TOKEN_BYTES)
    services.store.links.add(hash_token(token), purpose, subject, expires_at, claim=claim)
    return token


def _use(
    services: Services, token: str, purposes: tuple[LinkPurpose, ...], now: datetime, browser: str
) -> LinkRecord:
    link = services.store.links.use(hash_token(token), purposes, now, browser=hash_token(browser))
    if link is None:
        raise UnauthenticatedError("this link was used already, is too old, or is not one of ours")
    return link
