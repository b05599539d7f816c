"""A badge on paper, on LinkedIn and in the preview of a link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from credserv.carriers.certificate import Certificate, make_card, make_certificate
from credserv.ground.names import one_line
from credserv.journeys.hold.wallet import Carried, Face, picture
from credserv.journeys.services import Services
from credserv.records.copies import CopyForm

_LINKEDIN = "https://www.linkedin.com/profile/add"


def certificate(services: Services, item: Carried, *, address: str, name: str) -> bytes:
    """A PDF with the signed bytes attached.

    address: where whoever reads it can check it. name: of the person, "" where it is not shown. Raises
    UnavailableError.
    """
    display = item.display
    awarded = display.awarded_at or display.valid_from or item.record.issued_at
    is_json = item.form is CopyForm.LDP_VC
    brand = services.beside(item.organisation).store.brands.get()
    return make_certificate(
        Certificate(
            title=display.name,
            issuer=display.issuer_name,
            recipient=name,
            awarded=_day(awarded),
            until="" if display.valid_until is None else _day(display.valid_until),
            day=awarded.astimezone(UTC).date(),
            description=" ".join(filter(None, (display.description, _accredited(item)))),
            address=address,
            picture=picture(services, item),
            credential=item.signed,
            file_name="credential.json" if is_json else "credential.jwt",
            kind="application/vc" if is_json else "application/vc+jwt",
            colour=brand.colour,
            logo=brand.logo,
            imprint=brand.imprint_in_full,
        )
    )


def card(services: Services, faces: Sequence[Face], pictured: Carried | None) -> bytes:
    """What the preview of a link shows: title and picture, never the person.

    pictured: whose picture it shows, if any: what was brought along has none that is shown here. Raises
    UnavailableError.
    """
    first = faces[0]
    issuers = list(dict.fromkeys(face.issuer for face in faces if face.issuer))
    title = first.name if len(faces) == 1 else f"{len(faces)} credentials"
    word = first.word.capitalize() if len(faces) == 1 and first.is_down else ""
    issuer, shown = ", ".join(issuers[:3]), picture(services, pictured) if pictured else b""
    if pictured is None or len(faces) > 1:
        return make_card(title, issuer, word, shown)
    brand = services.beside(pictured.organisation).store.brands.get()
    return make_card(title, issuer, word, shown, colour=brand.colour, logo=brand.logo)


def linkedin_address(item: Carried, public_page: str) -> str:
    """Where LinkedIn offers to add the badge to one's profile; it links to the public page."""
    display = item.display
    begins, ends = display.awarded_at or display.valid_from, display.valid_until
    told = {
        "startTask": "CERTIFICATION_NAME",
        "name": one_line(display.name),
        "organizationName": one_line(display.issuer_name),
        "issueYear": begins and begins.astimezone(UTC).year,
        "issueMonth": begins and begins.astimezone(UTC).month,
        "expirationYear": ends and ends.astimezone(UTC).year,
        "expirationMonth": ends and ends.astimezone(UTC).month,
        "certUrl": public_page,
        "certId": item.record.id,
    }
    return f"{_LINKEDIN}?{urlencode({name: value for name, value in told.items() if value})}"


def _accredited(item: Carried) -> str:
    """How an accreditation stood when it was printed: paper does not change with it."""
    told = item.accreditation
    if told is None:
        return ""
    since = "" if told.since is None else f" since {_day(told.since)}"
    due = "" if told.renewal_due is None else f", renewal due {_day(told.renewal_due)}"
    return f"Mentor accreditation when this was made: {told.state}{since}{due}."


def _day(instant: datetime) -> str:
    at = instant.astimezone(UTC)
    return f"{at.day} {at:%B %Y}"
