"""How a person signs in, and how they change it themselves.

Once a person has proved an address of their own, the addresses from an organisation no longer sign them in.
Whoever reads a former employee's mailbox then opens nothing, and the person loses nothing with it. Each
change requires a recent proof (step_up.py, checked by the view) and notifies the person's other addresses
(notices.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import ConflictError, NotFoundError, UnauthenticatedError
from credserv.ground.names import require_chosen_name
from credserv.journeys.admit.notices import Change, queue_notices
from credserv.journeys.admit.step_up import require_not_frozen
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, LinkRecord, SessionRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.people import PasskeyRecord, ProvedIdentifierRecord, ProvedKind

ADDRESS_LINK_LIFE = timedelta(minutes=15)
SIGNING = (ProvedKind.EMAIL, ProvedKind.PASSKEY, ProvedKind.OIDC)

_TOKEN_BYTES = 32
_REMOVED = {
    ProvedKind.EMAIL: Change.ADDRESS_REMOVED,
    ProvedKind.PASSKEY: Change.PASSKEY_REMOVED,
    ProvedKind.OIDC: Change.ACCOUNT_REMOVED,
}


@dataclass(frozen=True)
class WaysIn:
    """What a person has proved and not ended, oldest first.

    Attributes:
        at_work: Ids of the addresses that an organisation gave them.
    """

    addresses: tuple[ProvedIdentifierRecord, ...]
    others: tuple[ProvedIdentifierRecord, ...]
    at_work: frozenset[str]

    @property
    def wants_address(self) -> bool:
        """Return whether no address is the person's own."""
        return all(known.id in self.at_work for known in self.addresses)


def called(services: Services, person_id: str) -> str:
    """Return the person's name in their wallet; "" if they gave none."""
    person = services.store.people.get(person_id)
    return (person.name if person is not None else None) or ""


def call(services: Services, person_id: str, name: str) -> None:
    """Set the name in the wallet, shares and letters. Signed credentials stay as they are.

    Raises:
        InputError: The name is not valid.
    """
    services.store.people.rename(person_id, require_chosen_name(name))


def ways_in(services: Services, person_id: str) -> WaysIn:
    """Return how a person signs in."""
    live = [known for known in services.store.people.proved(person_id) if known.ended_at is None]
    return WaysIn(
        addresses=tuple(known for known in live if known.kind is ProvedKind.EMAIL),
        others=tuple(known for known in live if known.kind is not ProvedKind.EMAIL),
        at_work=services.store.identities.given_at_work(person_id),
    )


def has_account(services: Services, person_id: str, issuer: str) -> bool:
    """Return whether an account at this provider opens their wallet."""
    accounts = [one for one in ways_in(services, person_id).others if one.kind is ProvedKind.OIDC]
    return any(one.signs_in and json.loads(one.value)[0] == issuer for one in accounts)


def passkeys_of(services: Services, person_id: str) -> tuple[PasskeyRecord, ...]:
    """Return a person's live passkeys, oldest first."""
    return services.store.passkeys.of_person(person_id)


# --- addresses ------------------------------------------------------------------------------------


def create_address_link(services: Services, person_id: str, email: str, now: datetime) -> str | None:
    """Create a link that adds an address to a wallet open in the same browser, once, within 15 minutes.

    The link must go to that address and nowhere else.

    Returns:
        The absolute URL, or None if there is no such person.
    """
    if services.store.people.get(person_id) is None:
        return None
    token = random_token(_TOKEN_BYTES)
    with services.store.transaction():
        services.store.links.forget_unused(LinkPurpose.ADDRESS, email)
        ends_at = now + ADDRESS_LINK_LIFE
        services.store.links.add(hash_token(token), LinkPurpose.ADDRESS, email, ends_at, claim=person_id)
    return f"{services.public_url}/wallet/identity/add/{token}"


def address_link(services: Services, session: SessionRecord, token: str, now: datetime) -> LinkRecord | None:
    """Return a live link that this person requested, without using it up, as a GET may."""
    found = services.store.links.find(hash_token(token), (LinkPurpose.ADDRESS,))
    is_ours = found is not None and found.claim == session.subject and found.is_open(now)
    return found if is_ours else None


def add_address(
    services: Services, session: SessionRecord, token: str, now: datetime, *, browser: str
) -> str:
    """Use up a link: the address becomes the person's, and addresses from an organisation
    only receive letters from then on.

    Returns:
        The address.

    Raises:
        UnauthenticatedError: The link is used, expired, unknown or another person's.
        ConflictError: The address opens another wallet.
        ForbiddenError: Changes are frozen.
    """
    person_id = session.subject
    with services.store.transaction():
        require_not_frozen(services, person_id, now)
        services.store.identities.lock(person_id)
        found = services.store.links.find(hash_token(token), (LinkPurpose.ADDRESS,))
        if found is None or found.claim != person_id:
            raise UnauthenticatedError("this link is for the wallet in which it was asked for")
        used = services.store.links.use(
            hash_token(token), (LinkPurpose.ADDRESS,), now, browser=hash_token(browser)
        )
        if used is None:
            raise UnauthenticatedError("this link was used already, or is too old: ask for a new one")
        before = services.store.people.find_proved(ProvedKind.EMAIL, used.subject)
        if before is not None and before.person_id != person_id:
            raise ConflictError("this address opens another wallet: join the two, if both are yours")
        if before is None:
            services.store.people.prove(
                person_id, ProvedKind.EMAIL, used.subject, added_by="mailed-link", now=now
            )
            leave_work(services, person_id)
            _note(services, person_id, Action.IDENTITY_ADDED, Change.ADDRESS_ADDED, now, but=(used.subject,))
    return used.subject


def leave_work(services: Services, person_id: str) -> None:
    """Stop addresses from an organisation signing the person in, once they have one of their own."""
    ways = ways_in(services, person_id)
    if ways.wants_address:
        return
    theirs = [known.id for known in ways.others if known.kind is ProvedKind.OIDC]
    for identifier_id in (*ways.at_work, *theirs):
        services.store.identities.set_signing_in(person_id, identifier_id, signs_in=False)


# --- all of them ----------------------------------------------------------------------------------


def set_signing_in(
    services: Services, person_id: str, identifier_id: str, now: datetime, *, signs_in: bool
) -> None:
    """Set whether an identifier opens the wallet.

    Raises:
        NotFoundError: It is not the person's.
        ConflictError: It is the last one that does.
    """
    with services.store.transaction():
        known = _own(services, person_id, identifier_id)
        if known.signs_in == signs_in:
            return
        if not signs_in:
            _require_another(services, known)
        services.store.identities.set_signing_in(person_id, identifier_id, signs_in=signs_in)
        _note(services, person_id, Action.IDENTITY_CHANGED, Change.ADDRESS_CHANGED, now)


def remove(services: Services, person_id: str, identifier_id: str, now: datetime) -> None:
    """Remove an identifier from a person.

    Raises:
        NotFoundError: It is not the person's.
        ConflictError: It is the last one that signs them in.
    """
    with services.store.transaction():
        known = _own(services, person_id, identifier_id)
        _require_another(services, known)
        # The removed mailbox is notified too.
        _note(services, person_id, Action.IDENTITY_REMOVED, _REMOVED.get(known.kind), now)
        services.store.people.end_proved(person_id, identifier_id, now)


def prove_did(services: Services, person_id: str, did: str, now: datetime) -> None:
    """Record that a person controls a DID, after a presentation with our challenge and domain was verified
    (DIDAuthentication). Safe to repeat.

    Whatever is asserted under the DID becomes theirs. It signs nobody in.

    Raises:
        ConflictError: The DID belongs to another wallet.
        ForbiddenError: Changes are frozen.
    """
    with services.store.transaction():
        require_not_frozen(services, person_id, now)
        services.store.people.prove(person_id, ProvedKind.DID, did, added_by="did-authentication", now=now)


def _own(services: Services, person_id: str, identifier_id: str) -> ProvedIdentifierRecord:
    """Return a person's identifier and lock their ways in until the transaction ends."""
    services.store.identities.lock(person_id)
    for known in services.store.people.proved(person_id):
        if known.id == identifier_id and known.ended_at is None:
            return known
    raise NotFoundError("this is not yours, or was removed already")


def _require_another(services: Services, leaving: ProvedIdentifierRecord) -> None:
    left = [
        known
        for known in services.store.people.proved(leaving.person_id)
        if known.ended_at is None and known.signs_in and known.kind in SIGNING and known.id != leaving.id
    ]
    if not left:
        raise ConflictError("nothing else opens your wallet: add another address or a passkey first")


def _note(
    services: Services,
    person_id: str,
    action: Action,
    change: Change | None,
    now: datetime,
    *,
    but: tuple[str, ...] = (),
) -> None:
    services.store.audit.add(AuditRecord(now, f"person:{person_id}", action, person_id))
    if change is not None:
        queue_notices(services, person_id, change, now, but=but)
