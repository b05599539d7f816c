"""What an organisation can say of an award in the European learning credential, and how it names the learner.

An employer vouches for the name with its signature, so the words are the employer's. Either its directory has
the parts of the name, or the member says which part of the name on record is the family name (docs/adr/0033).
Nobody types a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.services import Services
from credserv.openbadges.learning_credential import Learner, LearningFacts, lacks
from credserv.openbadges.lenient import first_object, read_text
from credserv.openbadges.studies import read_studies
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialRecord
from credserv.records.people import MembershipRecord

_ACTOR = "holder"
_MAX_WORDS = 8  # in a name that can be divided


@dataclass(frozen=True)
class Name:
    """A name in two parts.

    Attributes:
        given: "" if there is none.
    """

    family: str
    given: str


@dataclass(frozen=True)
class Naming:
    """How the learner is named.

    Attributes:
        name: None until they have said which part is which.
        choices: What they can choose from; () if the organisation's directory has the parts.
    """

    name: Name | None
    choices: tuple[Name, ...] = ()


def country_of(services: Services) -> str:
    """Return the organisation's country as ISO 3166-1 alpha-2; "" if not set."""
    return str(services.issuer.profile.get("country", ""))


def missing_of(services: Services, version: AchievementVersion) -> tuple[str, ...]:
    """Return what an administrator has to add before the achievement can be issued as a learning
    credential.
    """
    missing = lacks(version.achievement, read_studies(version.learning))
    return (
        missing
        if country_of(services)
        else (*missing, "the country of the organisation (under Organisation)")
    )


def naming_of(services: Services, award: CredentialRecord) -> Naming | None:
    """Return how the learner is named.

    It is None if the award cannot be issued as a learning credential, or if the organisation has no name for
    its holder, because it was ordered for somebody else or for a bare address.
    """
    order = award.order
    if not country_of(services):
        return None
    version = services.store.achievements.get(order.achievement_key, order.achievement_version)
    if version is None or missing_of(services, version):
        return None
    member = _member(services, award)
    if member is None:
        return None
    known = _of_directory(services, member.id)
    if known is not None:
        return Naming(known)
    choices = divisions(member.name or "")
    if not choices:
        return None
    return Naming(next((one for one in choices if one.family == member.family_name), None), choices)


def learning_facts(services: Services, award: CredentialRecord) -> LearningFacts | None:
    """Return what the learning credential says; None if the award cannot be issued as one."""
    naming, order = naming_of(services, award), award.order
    version = services.store.achievements.get(order.achievement_key, order.achievement_version)
    if naming is None or naming.name is None or version is None:
        return None
    identification = order.recipient.email or order.recipient.did or ""
    learner = Learner(naming.name.family, naming.name.given, identification)
    return LearningFacts(read_studies(version.learning), country_of(services), learner)


def divide_name(
    services: Services, person_id: str, credential_id: str, family_name: str, now: datetime
) -> None:
    """Record which part of the name on record the member calls their family name.

    Raises:
        NotFoundError: The award is not theirs, or needs no division.
        InputError: It is not one of the choices.
    """
    found = services.store.holdings.get(person_id, credential_id)
    if found is None:
        raise NotFoundError("no such credential")
    own, award = services.beside(found[0]), found[1]
    naming, member = naming_of(own, award), _member(own, award)
    if naming is None or member is None or not naming.choices:
        raise NotFoundError("this badge needs no division of your name")
    if family_name not in [one.family for one in naming.choices]:
        raise InputError("choose which part of the name is the family name")
    with own.store.transaction():
        own.store.members.set_family_name(member.id, family_name)
        own.store.audit.add(AuditRecord(now, _ACTOR, Action.MEMBER_CHANGED, member.id))


def divisions(name: str) -> tuple[Name, ...]:
    """Return every division with the family name at the end or at the beginning, the usual one first."""
    words = name.split()
    if not 0 < len(words) <= _MAX_WORDS:
        return ()
    cuts = range(len(words) - 1, 0, -1)
    found: dict[str, Name] = {}
    for family, given in (
        *((words[cut:], words[:cut]) for cut in cuts),
        *((words[:cut], words[cut:]) for cut in reversed(cuts)),
        (words, []),
    ):
        one = Name(" ".join(family), " ".join(given))
        found.setdefault(one.family, one)
    return tuple(found.values())


def _member(services: Services, award: CredentialRecord) -> MembershipRecord | None:
    """Return the holder, if the organisation awarded it to them and nobody else."""
    member = services.store.members.of_person(award.person_id)
    if member is None:
        return None
    own = {known.id for known in services.store.members.identifiers(member.id)}
    return member if award.identifier_id in own else None


def _of_directory(services: Services, membership_id: str) -> Name | None:
    user = services.store.directory.user_of(membership_id, lock=False)
    said = first_object(None if user is None else user.said.get("name"))
    family, given = read_text(said.get("familyName")), read_text(said.get("givenName"))
    return Name(family, given) if family else None
