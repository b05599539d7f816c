"""Hold and carry: what a person does with the credentials that are theirs.

The wallet shows the signed bytes, not our tables. A share is a link that its holder ends again; a
foreign or unknown id answers alike, so that ids cannot be tried. Downloads are the stored bytes,
alone or baked into the achievement's picture, never a second signature. A person sees in one wallet what
they hold of every organisation of the installation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import GoneError, InputError, NotFoundError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.services import Services
from credserv.openbadges.baking import bake_png, bake_svg, svg_from_png
from credserv.openbadges.display import CredentialDisplay, build_display
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord
from credserv.records.copies import CopyForm
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.people import PersonRecord, ShareRecord

_MAX_LABEL_CHARS = 80
_VISIBLE = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


class Standing(StrEnum):
    """How a credential of ours stands at an instant, in the word that pages show."""

    VALID = "valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    NOT_YET_VALID = "not yet valid"


@dataclass(frozen=True)
class Carried:
    """One signed credential of ours, what it says, and how it stands.

    organisation: whose it is. elsewhere: where that one's addresses begin, "" for the one that was asked.
    form: of the signed bytes. replaced: whether it is a copy that another took the place of.
    """

    record: CredentialRecord
    signed: bytes
    display: CredentialDisplay
    standing: Standing
    achievement: AchievementVersion
    organisation: str
    elsewhere: str = ""
    form: CopyForm = CopyForm.LDP_VC
    replaced: bool = False


@dataclass(frozen=True)
class Wallet:
    """A person's credentials, newest first."""

    person: PersonRecord
    credentials: tuple[Carried, ...]


def carried(services: Services, credential_id: str, now: datetime) -> Carried:
    """A credential that the world may see by its id. Raises NotFoundError before it is signed, too."""
    record = services.store.credentials.get(credential_id)
    if record is None:
        return _carry_copy(services, credential_id, now)
    return _carry(services, record, now)


def wallet(services: Services, person_id: str, now: datetime) -> Wallet:
    """Everything signed for one person, by any organisation. Raises NotFoundError for an unknown person."""
    person = services.store.people.get(person_id)
    if person is None:
        raise NotFoundError("no such wallet")
    found = services.store.holdings.of_person(person_id)
    return Wallet(person, tuple(_carry_held(services, *held, now) for held in found))


def held(services: Services, person_id: str, credential_id: str, now: datetime) -> Carried:
    """One credential of this person, of any organisation. Raises NotFoundError, the same for absent and for
    another's."""
    found = services.store.holdings.get(person_id, credential_id)
    if found is None:
        raise NotFoundError("no such credential")
    return _carry_held(services, *found, now)


# --- shares -------------------------------------------------------------------------------------


def share(services: Services, person_id: str, credential_id: str, label: str, now: datetime) -> str:
    """Make a link to one credential; returns its absolute URL, which is shown this once.

    label: the holder's own note, at most 80 characters. Raises InputError, NotFoundError.
    """
    label = label.strip()
    if len(label) > _MAX_LABEL_CHARS:
        raise InputError(f"a note has at most {_MAX_LABEL_CHARS} characters")
    own = services.beside(held(services, person_id, credential_id, now).organisation)
    token = random_token(24)
    record = ShareRecord(hash_token(token), credential_id, person_id, now, label)
    with own.store.transaction():
        own.store.shares.create(record)
        own.store.audit.add(AuditRecord(now, "holder", Action.SHARE_CREATED, credential_id))
    return f"{own.public_url}/shares/{token}"


def shares_of(services: Services, item: Carried) -> tuple[ShareRecord, ...]:
    """The links that its holder made to one credential, in the order of the store."""
    shares = services.beside(item.organisation).store.shares.of_person(item.record.person_id)
    return tuple(share for share in shares if share.credential_id == item.record.id)


def end_share(services: Services, person_id: str, token_sha256: str, now: datetime) -> ShareRecord:
    """End one of the holder's own links; ending it again changes nothing. Raises NotFoundError."""
    slug = services.store.holdings.organisation_of_share(person_id, token_sha256)
    store = services.store if slug is None else services.beside(slug).store
    record = store.shares.get(token_sha256)
    if record is None or record.person_id != person_id:
        raise NotFoundError("no such share")
    with store.transaction():
        store.shares.end(token_sha256, person_id, now)
        store.audit.add(AuditRecord(now, "holder", Action.SHARE_ENDED, record.credential_id))
    return record


def open_share(services: Services, token: str, now: datetime) -> Carried:
    """What a share's link shows. Raises NotFoundError for a token that never was, GoneError once ended."""
    record = services.store.shares.get(hash_token(token))
    if record is None:
        raise NotFoundError("no such share")
    if record.ended_at is not None:
        raise GoneError("its holder ended this link")
    return carried(services, record.credential_id, now)


# --- pictures -----------------------------------------------------------------------------------


def picture(services: Services, item: Carried) -> bytes:
    """The PNG of its achievement."""
    return _image(services.beside(item.organisation), item.achievement.png_sha256)


def baked_png(services: Services, item: Carried) -> bytes:
    """The achievement's PNG with the signed bytes in it (Open Badges 3.0, section 5.3.1)."""
    return bake_png(_image(services, item.achievement.png_sha256), item.signed)


def baked_svg(services: Services, item: Carried) -> bytes:
    """The achievement's SVG, or its PNG inside an SVG, with the signed bytes in it (section 5.3.2)."""
    if item.achievement.svg_sha256 is not None:
        return bake_svg(_image(services, item.achievement.svg_sha256), item.signed)
    svg = svg_from_png(_image(services, item.achievement.png_sha256), item.display.name)
    return bake_svg(svg, item.signed)


def standing(record: CredentialRecord, display: CredentialDisplay, now: datetime) -> Standing:
    """The word for a credential now: what its issuer ended first, then its dates."""
    if record.state is CredentialState.REVOKED:
        return Standing.REVOKED
    if record.state is CredentialState.SUSPENDED:
        return Standing.SUSPENDED
    if display.valid_until is not None and display.valid_until <= now:
        return Standing.EXPIRED
    if display.valid_from is not None and display.valid_from > now:
        return Standing.NOT_YET_VALID
    return Standing.VALID


def _carry(services: Services, record: CredentialRecord, now: datetime) -> Carried:
    if record.signed is None or record.state not in _VISIBLE:
        raise NotFoundError("no such credential")
    order = record.order
    achievement = services.store.achievements.get(order.achievement_key, order.achievement_version)
    if achievement is None:
        raise NotFoundError("no such achievement")
    display = build_display(parse_json_object(record.signed))
    own = services.store.organisation_id
    return Carried(record, record.signed, display, standing(record, display, now), achievement, own)


def _carry_copy(services: Services, copy_id: str, now: datetime) -> Carried:
    """It shows what its award does. Raises NotFoundError."""
    copy, face = services.store.copies.get(copy_id), services.store.copies.face(copy_id)
    award = None if copy is None else services.store.credentials.get(copy.credential_id)
    if copy is None or face is None or face.signed is None or award is None:
        raise NotFoundError("no such credential")
    shown = _carry(services, award, now)
    return replace(
        shown,
        record=face,
        signed=face.signed,
        standing=standing(face, shown.display, now),
        form=copy.form,
        replaced=copy.superseded_by is not None,
    )


def _carry_held(services: Services, organisation: str, record: CredentialRecord, now: datetime) -> Carried:
    own = services.beside(organisation)
    found = _carry(own, record, now)
    return found if own is services else replace(found, elsewhere=own.public_url)


def _image(services: Services, sha256: str) -> bytes:
    image = services.store.achievements.image(sha256)
    if image is None:
        raise NotFoundError("no such picture")
    return image.content
