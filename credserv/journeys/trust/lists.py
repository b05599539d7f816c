"""Trust: which lists contain an issuer, and as whom. This is policy, and never part of a proof.

Each verifying organisation, and this service (""), has its own lists: one that is maintained here entry by
entry, and any number fetched from URLs. A fetched list keeps counting while its URL cannot be reached, for a
stated time (`trust_list_expiry`); after that nothing is known from it. An entry turns no failed check into a
passed one, and a missing entry makes no valid credential invalid (docs/adr/0008).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, UnknownOrganisationError
from credserv.ground.names import is_slug
from credserv.ground.verification import Check, Fact, Outcome
from credserv.journeys.services import Services
from credserv.journeys.trust.federations import ask_federations
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord
from credserv.trust.trust_list import normalise_issuer
from credserv.verifying.federation_memory import Member
from credserv.verifying.surroundings import Resolvers
from credserv.verifying.trust_marks import Mark, MarkState

_NAME = "issuer_trusted"


@dataclass(frozen=True)
class TrustFinding:
    """What lists say of an issuer.

    Attributes:
        name: From the first list that has it; "" if none does.
    """

    check: Check
    name: str = ""


@dataclass(frozen=True)
class _Voucher:
    """A list that has the issuer.

    Attributes:
        fetched_at: None for a list maintained here.
    """

    name: str
    issuer: TrustedIssuerRecord
    fetched_at: datetime | None = None
    stuck: bool = False  # the last attempt to fetch it failed
    federation: Member | None = None  # how a federation names it


def require_organisation(services: Services, organisation: str) -> None:
    """Require that it is this service ("") or has a list here.

    Raises:
        UnknownOrganisationError: It is neither.
    """
    if not organisation:
        return
    if not is_slug(organisation) or not services.store.trusted_lists.list(organisation):
        shown = organisation[:64] if is_slug(organisation[:64]) else "that name"
        raise UnknownOrganisationError(f"no organisation {shown} keeps lists of trusted issuers here")


def judge_issuer(services: Services, issuer_id: str, organisation: str, now: datetime) -> TrustFinding:
    """Return who the issuer is, which no signature can say, by the lists of
    `organisation` as they count `now`.
    """
    if is_sandbox(services, issuer_id):
        return TrustFinding(_in_none("Its issuer is a sandbox of this service, for which nobody vouches."))
    if issuer_id == services.issuer.did:
        return TrustFinding(Check(_NAME, Outcome.PASSED, "This service is its issuer.", required=False))
    try:
        issuer = normalise_issuer(issuer_id)
    except InputError as error:
        return TrustFinding(_in_none(f"Its issuer cannot be in any list: {error.detail}."))
    listed = services.store.trusted_lists.find(organisation, issuer)
    outdated = [known for known, _ in listed if is_outdated(services, known, now)]
    vouchers = [*_in_files(services, issuer, now), *_in_store(listed, outdated, now)]
    asked = [known for known, _ in listed if known.kind is TrustedListKind.FEDERATION]
    named, away = ask_federations(services, asked, issuer, now) if asked else ([], [])
    vouchers += [_Voucher(known.name, found.issuer, federation=found) for known, found in named]
    if vouchers:
        return TrustFinding(_in_lists(vouchers), vouchers[0].issuer.name)
    if outdated:
        return TrustFinding(_could_not_refresh(outdated))
    if away:
        return TrustFinding(_could_not_ask(away[0]))
    lists = len(listed) + len(services.trusted_files)
    where = {0: "no list of trusted issuers is kept here", 1: "it is not in the list of trusted issuers"}
    said = where.get(lists, f"it is in none of the {lists} lists of trusted issuers")
    return TrustFinding(_in_none(f"Who its issuer is was not established: {said}."))


def is_sandbox(services: Services, issuer: str) -> bool:
    """Return whether it is a sandbox of this installation, which counts for nothing, whatever a list says."""
    known = services.store.organisations.find_by_did(issuer)
    return known is not None and known.sandbox


def accreditor_of(
    services: Services, issuer_id: str, achievement: str, organisation: str, now: datetime
) -> str | None:
    """Return the first list that has an issuer as the accreditor for an achievement; None if none does.

    A list has to say so explicitly. That it vouches for the issuer's identity is not enough.
    """
    try:
        issuer = normalise_issuer(issuer_id)
    except InputError:
        return None
    if is_sandbox(services, issuer):
        return None
    listed = services.store.trusted_lists.find(organisation, issuer)
    outdated = [known for known, _ in listed if is_outdated(services, known, now)]
    for voucher in (*_in_files(services, issuer, now), *_in_store(listed, outdated, now)):
        if voucher.issuer.accredits_by(achievement):
            return voucher.name
    return None


def resolvers_for(services: Services, organisation: str, now: datetime) -> Resolvers:
    """Return how a verification reaches outside; status lists count by whom `organisation` trusts."""

    def keeps_lists(issuer: str) -> bool:
        trusts = services.resolvers.keeps_lists(issuer)
        return trusts or judge_issuer(services, issuer, organisation, now).check.outcome is Outcome.PASSED

    return replace(services.resolvers, keeps_lists=keeps_lists)


def is_outdated(services: Services, known: TrustedListRecord, now: datetime) -> bool:
    """Return whether a fetched list is too old to say anything."""
    if known.kind in (TrustedListKind.OWN, TrustedListKind.FEDERATION):
        return False
    return known.fetched_at is None or now - known.fetched_at > services.trust_list_expiry


def _in_files(services: Services, issuer: str, now: datetime) -> Iterator[_Voucher]:
    for file in services.trusted_files:
        entry = file.issuers.get(issuer)
        if entry is not None and entry.counts_at(now):
            yield _Voucher(file.name, entry)


def _in_store(
    listed: list[tuple[TrustedListRecord, TrustedIssuerRecord | None]],
    outdated: list[TrustedListRecord],
    now: datetime,
) -> Iterator[_Voucher]:
    for known, entry in listed:
        if entry is not None and entry.counts_at(now) and known not in outdated:
            yield _Voucher(known.name, entry, known.fetched_at, stuck=bool(known.last_error))


def _in_lists(vouchers: list[_Voucher]) -> Check:
    """Return the check.

    Its data has `list` and `as` of the first list, `list_2` and `as_2` of the next, and so on.
    """
    first, *others = vouchers
    kind = "federation" if first.federation else "list"
    reason = f"Its issuer is in the {kind} “{first.name}” as “{first.issuer.name}”"
    if first.federation and first.federation.through:
        reason += f", through {' and '.join(first.federation.through)}"
    if others:
        reason += f", and in {len(others)} more"
    if first.stuck and first.fetched_at is not None:
        reason += f"; that list could not be refreshed since {_minute(first.fetched_at)}"
    reason += f".{_of_marks(first.federation.marks)}" if first.federation else "."
    facts: dict[str, Fact] = {}
    for number, voucher in enumerate(vouchers, start=1):
        suffix = "" if number == 1 else f"_{number}"
        facts["list" + suffix] = voucher.name
        facts["as" + suffix] = voucher.issuer.name
        if voucher.federation is not None:
            facts["through" + suffix] = ", ".join(voucher.federation.through) or "the trust anchor itself"
            for state in MarkState:
                told = [_told(mark) for mark in voucher.federation.marks if mark.state is state]
                if told:
                    facts[f"marks_{state.name.lower()}{suffix}"] = "; ".join(told)
        if voucher.fetched_at is not None:
            facts["refreshed" + suffix] = format_instant(voucher.fetched_at)
    return Check(_NAME, Outcome.PASSED, reason, required=False, data=facts)


def _of_marks(marks: Sequence[Mark]) -> str:
    """Return how many of its trust marks hold; the data says which, and why the others do not."""
    if not marks:
        return ""
    counted = Counter(mark.state.value for mark in marks)
    return f" Its trust marks: {', '.join(f'{number} {state}' for state, number in sorted(counted.items()))}."


def _told(mark: Mark) -> str:
    if mark.state is not MarkState.VERIFIED:
        return f"{mark.kind} ({mark.why})"
    parts = [f"by {mark.by}", *([f"for {mark.owner}"] if mark.owner else [])]
    parts += [f"until {format_instant(mark.ends)}"] if mark.ends else []
    parts += ["its issuer says it still stands" if mark.asked else "its issuer cannot be asked about it"]
    return f"{mark.kind} ({', '.join(parts)})"


def _could_not_refresh(outdated: list[TrustedListRecord]) -> Check:
    first = outdated[0]
    since = _minute(first.fetched_at) if first.fetched_at else "it was named"
    reason = f"Who its issuer is was not established: “{first.name}” could not be refreshed since {since}."
    facts: dict[str, Fact] = {"list": first.name}
    if first.fetched_at is not None:
        facts["refreshed"] = format_instant(first.fetched_at)
    return Check(_NAME, Outcome.UNKNOWN, reason, required=False, code="trusted-list-outdated", data=facts)


def _could_not_ask(known: TrustedListRecord) -> Check:
    reason = f"Who its issuer is was not established: the federation “{known.name}” could not be asked."
    facts: dict[str, Fact] = {"list": known.name}
    return Check(_NAME, Outcome.UNKNOWN, reason, required=False, code="trusted-list-outdated", data=facts)


def _in_none(reason: str) -> Check:
    return Check(_NAME, Outcome.UNKNOWN, reason, required=False, code="issuer-unknown")


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
