"""What a person chose for a CV or transcript, each credential verified at that moment.

Only what verifies now goes into either; a CV with a revoked badge would speak against its holder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import CredservError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.check.check import Checked, Kind
from credserv.journeys.check.many import Submitted, check_submitted, each
from credserv.journeys.check.submission import COMPACT
from credserv.journeys.services import Services
from credserv.proof.tokens.envelope import envelope
from credserv.records.credentials import CredentialState

OWN, BROUGHT = "own:", "brought:"
MAX_CHOSEN = 100


@dataclass(frozen=True)
class Choice:
    """A credential that can be chosen.

    Attributes:
        key: For the form.
        by: The issuer, as far as known.
        since: When it was awarded or brought.
    """

    key: str
    name: str
    by: str
    since: datetime
    is_ours: bool = False


@dataclass(frozen=True)
class Chosen:
    """A choice and the result of its check."""

    choice: Choice
    checked: Checked

    @property
    def signed(self) -> JsonObject:
        """Return the credential as signed, a token in its envelope (VCDM 2.0, section 4.13)."""
        raw = self.checked.raw
        if COMPACT.fullmatch(raw):
            return envelope(raw.decode("ascii"))
        return parse_json_object(raw)


def choices_of(services: Services, person_id: str) -> tuple[Choice, ...]:
    """Return everything that the person holds here, own badges first, except what its issuer revoked."""
    return tuple(_choices(services, person_id))


def choose(
    services: Services, person_id: str, keys: Collection[str], now: datetime
) -> tuple[tuple[Chosen, ...], tuple[Choice, ...]]:
    """Check the chosen credentials.

    Returns:
        Those that verify now, and those that do not.

    Raises:
        InputError: None were chosen, or too many.
    """
    picked = [one for one in choices_of(services, person_id) if one.key in keys]
    if not picked:
        raise InputError("choose at least one badge")
    if len(picked) > MAX_CHOSEN:
        raise InputError(f"choose at most {MAX_CHOSEN} badges")
    items = [Submitted(one.key, data=_content(services, person_id, one.key)) for one in picked]

    def look(item: Submitted) -> Checked | None:
        try:
            return check_submitted(services, item, now=now)
        except CredservError:
            return None

    found = dict(each(items, look))
    good: list[Chosen] = []
    left: list[Choice] = []
    for number, choice in enumerate(picked):
        checked = found[number]
        if checked is not None and checked.result.verified and checked.kind is Kind.CREDENTIAL:
            good.append(Chosen(choice, checked))
        else:
            left.append(choice)
    return tuple(good), tuple(left)


def _choices(services: Services, person_id: str) -> Iterator[Choice]:
    names: dict[tuple[str, str, int], str] = {}
    for slug, record in services.store.holdings.of_person(person_id):
        if record.state is not CredentialState.ACTIVE or record.signed is None:
            continue
        own = services.beside(slug)
        order = record.order
        place = (slug, order.achievement_key, order.achievement_version)
        if place not in names:
            version = own.store.achievements.get(order.achievement_key, order.achievement_version)
            names[place] = str(version.achievement["name"]) if version else order.achievement_key
        known = own.store.organisation.get()
        by = str(known.profile.get("name", slug)) if known is not None else slug
        yield Choice(OWN + record.id, names[place], by, order.awarded_at, is_ours=slug == services.issuer.id)
    for brought in services.store.imports.of_person(person_id):
        facts = brought.facts
        if facts["proven"] and facts["status"] not in ("revoked", "suspended"):
            yield Choice(BROUGHT + brought.id, str(facts["name"]), str(facts["issuer"]), brought.added_at)


def _content(services: Services, person_id: str, key: str) -> bytes:
    if key.startswith(BROUGHT):
        return services.store.imports.content(person_id, key.removeprefix(BROUGHT)) or b""
    found = services.store.holdings.get(person_id, key.removeprefix(OWN))
    return (found[1].signed if found is not None else None) or b""
