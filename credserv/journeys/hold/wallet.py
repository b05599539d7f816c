"""The wallet: what people do with credentials that are theirs.

It shows the signed bytes, not our tables. An id that is unknown, somebody else's, or hidden by its holder
gets the same answer, so ids cannot be probed. Downloads are the stored bytes, alone or baked into the
achievement's picture; nothing is signed a second time. One wallet shows what a person holds of every
organisation of the installation. What they show to others is in `shares.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from credserv.accreditation.accredited import Accredited
from credserv.ground.errors import NotFoundError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.living import is_living
from credserv.journeys.accreditation import own_accreditation
from credserv.journeys.services import Services
from credserv.openbadges.baking import bake_png, bake_svg, svg_from_png
from credserv.openbadges.display import CredentialDisplay, build_display
from credserv.openbadges.learning_credential import WITHHOLDABLE
from credserv.openbadges.lenient import read_objects
from credserv.openbadges.sandbox_picture import mark_picture
from credserv.proof.tokens.jws import peek_header
from credserv.proof.tokens.sd_jwt_issue import present_sd_jwt
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord
from credserv.records.copies import CopyForm, CopyRecord
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.organisations import KeyState
from credserv.records.paging import Place
from credserv.records.people import PersonRecord

_VISIBLE = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


class Standing(StrEnum):
    """How a credential of ours stands at an instant, in the word that pages show."""

    VALID = "valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    NOT_YET_VALID = "not yet valid"
    NOT_VERIFIED = "not verified"  # the key that signed it was withdrawn, and none has signed it again
    SANDBOX = "sandbox"  # it is in order, but proves nothing


@dataclass(frozen=True)
class Carried:
    """A signed credential of ours, what it says, and how it stands.

    Attributes:
        organisation: The one that issued it.
        elsewhere: Where that organisation's URLs begin; "" for the current one.
        form: The format of the signed bytes.
        ended: Whether it is a copy that its holder ended.
        took_place: The id of the copy they have in its place; "" for none.
        accreditation: How it stands, if the badge accredits a mentor.
    """

    record: CredentialRecord
    signed: bytes
    display: CredentialDisplay
    standing: Standing
    achievement: AchievementVersion
    organisation: str
    elsewhere: str = ""
    form: CopyForm = CopyForm.LDP_VC
    ended: bool = False
    took_place: str = ""
    accreditation: Accredited | None = None


@dataclass(frozen=True)
class Face:
    """What lists and previews say of a credential.

    Attributes:
        issuer: "" if not proven.
        word: How it stands.
        is_down: Whether that has to be said wherever it is shown.
    """

    name: str
    issuer: str
    word: str
    is_down: bool


@dataclass(frozen=True)
class Wallet:
    """A person's credentials, newest first.

    Attributes:
        total: How many there are, if this is only a page.
    """

    person: PersonRecord
    credentials: tuple[Carried, ...]
    total: int


def carried(services: Services, credential_id: str, now: datetime) -> Carried:
    """Return a credential that anybody may see by its id.

    Raises:
        NotFoundError: There is none, it is not signed yet, or its holder has hidden it.
    """
    record = services.store.credentials.get(credential_id)
    if record is None:
        return _carry_copy(services, credential_id, now)
    if record.hidden_at is not None:
        raise NotFoundError("no such credential")
    return _carry(services, record, now)


def version(services: Services, credential_id: str, number: int, now: datetime) -> Carried:
    """Return one version of a credential; without terms there is only the first.

    Raises:
        NotFoundError: There is no such version.
    """
    item = carried(services, credential_id, now)
    versions = services.store.versions.of(credential_id)
    if not versions and number == 1:
        return item
    for one in versions:
        if one.number == number:
            return replace(item, signed=one.signed)
    raise NotFoundError("no such version")


def newest(services: Services, url: str, now: datetime) -> bytes | None:
    """Return what is at the URL of a newest version of ours; None for any other URL.

    Raises:
        NotFoundError: There is no such credential.
    """
    prefix = f"{services.base_of(url)}/credentials/"
    name = url.removeprefix(prefix).removesuffix("/refresh")
    if url != f"{prefix}{name}/refresh":
        return None
    return carried(services, name, now).signed


def wallet(
    services: Services,
    person_id: str,
    now: datetime,
    *,
    limit: int | None = None,
    after: Place | None = None,
) -> Wallet:
    """Return everything signed for a person, by any organisation.

    Args:
        limit: The page size; None for all.
        after: The last credential of the previous page.

    Raises:
        NotFoundError: There is no such person.
    """
    person = services.store.people.get(person_id)
    if person is None:
        raise NotFoundError("no such wallet")
    found = services.store.holdings.of_person(person_id, limit=limit, after=after)
    total = len(found) if limit is None else services.store.holdings.count(person_id)
    return Wallet(person, tuple(_carry_held(services, *held, now) for held in found), total)


def held(services: Services, person_id: str, credential_id: str, now: datetime) -> Carried:
    """Return a credential of this person, of any organisation.

    Raises:
        NotFoundError: They hold no such credential.
    """
    found = services.store.holdings.get(person_id, credential_id)
    if found is None:
        raise NotFoundError("no such credential")
    return _carry_held(services, *found, now)


def held_among(
    services: Services, person_id: str, credential_ids: Sequence[str], now: datetime
) -> tuple[Carried, ...]:
    """Return those of the credentials that are this person's, in this order."""
    found = services.store.holdings.get_all(person_id, credential_ids)
    return tuple(_carry_held(services, *one, now) for one in found)


def show_public_page(
    services: Services, person_id: str, credential_id: str, shown: bool, now: datetime
) -> None:
    """Show or hide a credential's public page. A hidden page answers like an unknown id.

    The status list is served as before, so whoever has the credential can still check it.

    Raises:
        NotFoundError: The person holds no such credential.
    """
    found = held(services, person_id, credential_id, now)
    store = services.beside(found.organisation).store
    action = Action.PAGE_SHOWN if shown else Action.PAGE_HIDDEN
    with store.transaction():
        store.holdings.hide(person_id, credential_id, None if shown else now)
        store.audit.add(AuditRecord(now, "holder", action, credential_id))


# --- pictures -----------------------------------------------------------------------------------


def signed_again_at(services: Services, item: Carried) -> datetime | None:
    """Return since when files saved before no longer verify, because another key signed the badge again.

    None for an accreditation, whose versions are signed anew anyway.
    """
    if is_living(item.record.order):
        return None
    return services.beside(item.organisation).store.issuance_log.signed_again_at(item.record.id)


def picture(services: Services, item: Carried) -> bytes:
    """Return the achievement's PNG."""
    return _image(services.beside(item.organisation), item.achievement.png_sha256)


def baked_png(services: Services, item: Carried) -> bytes:
    """Return the achievement's PNG with the signed bytes in it (Open Badges 3.0, section 5.3.1)."""
    return bake_png(_image(services, item.achievement.png_sha256), item.signed)


def baked_svg(services: Services, item: Carried) -> bytes:
    """Return the achievement's SVG, or its PNG inside an SVG, with the signed bytes in it (section 5.3.2)."""
    if item.achievement.svg_sha256 is not None:
        return bake_svg(_image(services, item.achievement.svg_sha256), item.signed)
    svg = svg_from_png(_image(services, item.achievement.png_sha256), item.display.signed_name)
    return bake_svg(svg, item.signed)


def face_of(item: Carried) -> Face:
    """Return what lists and previews say of a credential."""
    word = item.standing.value
    return Face(item.display.signed_name, item.display.issuer_name, word, item.standing is not Standing.VALID)


def standing(record: CredentialRecord, display: CredentialDisplay, now: datetime) -> Standing:
    """Return the word for a credential now: what its issuer ended comes first, then its dates."""
    if record.state is CredentialState.REVOKED:
        return Standing.REVOKED
    if record.state is CredentialState.SUSPENDED:
        return Standing.SUSPENDED
    if display.valid_until is not None and display.valid_until <= now:
        return Standing.EXPIRED
    if display.valid_from is not None and display.valid_from > now:
        return Standing.NOT_YET_VALID
    return Standing.SANDBOX if display.sandbox else Standing.VALID


def _standing_of(
    services: Services, record: CredentialRecord, display: CredentialDisplay, now: datetime
) -> Standing:
    found, signed = standing(record, display, now), record.signed or b""
    withdrawn = {key.verification_method for key in services.issuer.keys if key.state is KeyState.COMPROMISED}
    if found is not Standing.VALID or not withdrawn:
        return found
    return Standing.NOT_VERIFIED if _methods(signed) & withdrawn else found


def _methods(signed: bytes) -> set[str]:
    """Return the keys that it says it was signed with."""
    if not signed.startswith(b"{"):
        return {str(peek_header(signed.decode("ascii").partition("~")[0]).get("kid"))}
    proofs = read_objects(parse_json_object(signed).get("proof"))
    return {str(proof.get("verificationMethod")) for proof in proofs}


def _carry(services: Services, record: CredentialRecord, now: datetime) -> Carried:
    if record.signed is None or record.state not in _VISIBLE:
        raise NotFoundError("no such credential")
    order = record.order
    achievement = services.store.achievements.get(order.achievement_key, order.achievement_version)
    if achievement is None:
        raise NotFoundError("no such achievement")
    document = parse_json_object(record.signed)
    display = build_display(document)
    return Carried(
        record,
        record.signed,
        display,
        _standing_of(services, record, display, now),
        achievement,
        services.store.organisation_id,
        accreditation=None
        if display.sandbox
        else own_accreditation(services, record, document, display, now),
    )


def _carry_copy(services: Services, copy_id: str, now: datetime) -> Carried:
    """Return a copy, which shows what its award does. Raises NotFoundError."""
    copy, face = services.store.copies.get(copy_id), services.store.copies.face(copy_id)
    award = None if copy is None else services.store.credentials.get(copy.credential_id)
    if copy is None or face is None or face.signed is None or award is None or award.hidden_at:
        raise NotFoundError("no such credential")
    shown = _carry(services, award, now)
    ended = copy.ended_at is not None
    return replace(
        shown,
        took_place=_took_place(services, copy) if ended else "",
        record=face,
        signed=_public_part(copy.form, face.signed),
        standing=_standing_of(services, face, shown.display, now),
        form=copy.form,
        ended=ended,
    )


def _public_part(form: CopyForm, signed: bytes) -> bytes:
    """Leave out whatever the holder may withhold, because anybody who is shown a part knows its id."""
    if not form.is_named:
        return signed
    return present_sd_jwt(signed.decode("ascii"), withhold=WITHHOLDABLE).encode("ascii")


def _took_place(services: Services, ended: CopyRecord) -> str:
    """Return the holder's newest copy in the same format for another key; "" for none."""
    known = services.store.copies.of_credential(ended.credential_id)
    live = [one.id for one in known if one.form is ended.form and one.signed and one.ended_at is None]
    return live[-1] if live else ""


def _carry_held(services: Services, organisation: str, record: CredentialRecord, now: datetime) -> Carried:
    own = services.beside(organisation)
    found = _carry(own, record, now)
    return found if own is services else replace(found, elsewhere=own.public_url)


def _image(services: Services, sha256: str) -> bytes:
    image = services.store.achievements.image(sha256)
    if image is None:
        raise NotFoundError("no such picture")
    organisation = services.store.organisation.get()
    is_sandbox = organisation is not None and organisation.sandbox
    return mark_picture(image.content, image.media_type) if is_sandbox else image.content
