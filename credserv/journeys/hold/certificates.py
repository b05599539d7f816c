"""A badge on paper, on LinkedIn, and in the preview of a link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from functools import partial
from urllib.parse import urlencode

from credserv.carriers.certificate import Certificate, make_card, make_certificate
from credserv.ground.languages import ENGLISH, catalogue, day, language_name
from credserv.ground.names import one_line
from credserv.journeys.hold.wallet import Carried, Face, picture
from credserv.journeys.services import Services
from credserv.records.copies import CopyForm

_LINKEDIN = "https://www.linkedin.com/profile/add"


def certificate(
    services: Services, item: Carried, *, address: str, name: str, language: str = ENGLISH
) -> bytes:
    """Return a PDF with the signed bytes attached.

    Args:
        address: The URL where a reader can check it.
        name: The person's name; "" to leave it out.
        language: One of `LANGUAGES`.

    Raises:
        UnavailableError: It cannot be drawn now.
    """
    display, say = item.display, partial(_say, language)
    awarded = display.awarded_at or display.valid_from or item.record.issued_at
    is_json = item.form is CopyForm.LDP_VC
    brand = services.beside(item.organisation).store.brands.get()
    ends = display.valid_until
    lines = (
        say("Awarded by %(issuer)s, %(day)s.", issuer=display.issuer_name, day=day(awarded, language)),
        "" if ends is None else say("Valid until %(day)s.", day=day(ends, language)),
    )
    return make_certificate(
        Certificate(
            title=display.name,
            issuer=display.issuer_name,
            heading=say("Certificate"),
            signed=_signed(item, language),
            recipient=say("Awarded to %(name)s", name=name) if name else "",
            awarded=" ".join(filter(None, lines)),
            genuine=say(
                "Is it genuine? Scan the code, or open the address below. You can also upload this file "
                "there: the signed credential is attached to it. Paper alone proves nothing."
            ),
            language=language,
            day=awarded.astimezone(UTC).date(),
            description=" ".join(filter(None, (display.description, _accredited(item, language)))),
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
    """Return the preview image of a link: title and picture, never the person.

    Args:
        pictured: Whose picture it shows. Credentials brought along have none that is shown here.

    Raises:
        UnavailableError: It cannot be drawn now.
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
    """Return the LinkedIn URL that offers to add the badge to a profile; it links to the public page."""
    display = item.display
    begins, ends = display.awarded_at or display.valid_from, display.valid_until
    told = {
        "startTask": "CERTIFICATION_NAME",
        "name": one_line(display.signed_name),
        "organizationName": one_line(display.issuer_name),
        "issueYear": begins and begins.astimezone(UTC).year,
        "issueMonth": begins and begins.astimezone(UTC).month,
        "expirationYear": ends and ends.astimezone(UTC).year,
        "expirationMonth": ends and ends.astimezone(UTC).month,
        "certUrl": public_page,
        "certId": item.record.id,
    }
    return f"{_LINKEDIN}?{urlencode({name: value for name, value in told.items() if value})}"


def _say(language: str, text: str, /, **values: str) -> str:
    return str(catalogue(language).gettext(text)) % values if values else catalogue(language).gettext(text)


def _signed(item: Carried, language: str) -> str:
    """Return the note that a translation is one, and of what."""
    signed, say = item.display.signed, partial(_say, language)
    if signed is None:
        return ""
    if not signed.language:
        called = say("Signed as “%(name)s”", name=signed.name)
    else:
        spoken = language_name(signed.language, language)
        called = say("Signed in %(language)s: “%(name)s”", language=spoken, name=signed.name)
    return f"{say('Shown in translation, which is not signed.')} {called}"


def _accredited(item: Carried, language: str) -> str:
    """Return how an accreditation stood when it was printed; paper does not change."""
    told, say = item.accreditation, partial(_say, language)
    if told is None:
        return ""
    is_live, word = told.state == "live", told.state.replace("-", " ").capitalize()
    state = say("In force") if is_live else say(word)
    said = [say("Mentor accreditation when this was made: %(state)s", state=state)]
    if told.since is not None:
        said.append(say("since %(day)s", day=day(told.since, language)))
    if told.renewal_due is not None:
        said.append(say("renewal due %(day)s", day=day(told.renewal_due, language)))
    return ", ".join(said) + "."
