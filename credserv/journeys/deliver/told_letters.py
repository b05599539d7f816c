"""Deliver: what the letters say that tell a person what became of something of theirs (admit/telling.py)."""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import NotFoundError
from credserv.journeys.admit.telling import Became, told_by
from credserv.journeys.award.objections import find_objection, told
from credserv.journeys.deliver.letter_form import Content, contact, greeting, issuer_name, line
from credserv.journeys.services import Services
from credserv.records.objections import ObjectionKind, ObjectionState

_MAX_REASON_CHARS = 1_000
_IMPORTS = {
    Became.IMPORT_REVOKED: (
        "One of the badges that you brought into your wallet at {issuer} was revoked by who issued it.",
        "A badge in your wallet was revoked",
    ),
    Became.IMPORT_SUSPENDED: (
        "One of the badges that you brought into your wallet at {issuer} was suspended by who issued it.",
        "A badge in your wallet was suspended",
    ),
    Became.IMPORT_ENDS: (
        "One of the badges that you brought into your wallet at {issuer} ends soon.",
        "A badge in your wallet ends soon",
    ),
}


def told_letter(services: Services, link: str, claim: str | None, _now: datetime) -> tuple[Content, str]:
    """Raises NotFoundError for what is not kept any more."""
    what, about = told_by(claim or "")
    if what in _IMPORTS:
        said, subject = _IMPORTS[what]
        paragraphs = (said.format(issuer=issuer_name(services)), "Which one it is, stands in your wallet:")
        notes = ("The page asks you to sign in. Only who issued a badge can say why, and change it.",)
        return Content(greeting(None), paragraphs, "See which one", link, notes), subject
    if what is Became.EMPLOYMENT_DECLINED:
        return _employment_letter(services, link, about)
    return _objection_letter(services, link, what, about)


def _employment_letter(services: Services, link: str, request_id: str) -> tuple[Content, str]:
    asked = services.store.employment_requests.get(request_id)
    if asked is None:
        raise NotFoundError("it is not kept any more")
    paragraphs = (
        f"You asked {issuer_name(services)} to confirm your employment. It was decided not to.",
        f"The reason: {line(asked.reason, _MAX_REASON_CHARS)}",
    )
    notes = (f"The page asks you to sign in. You can ask again there.{contact(services)}",)
    subject = "You asked for a confirmation"
    return Content(greeting(None), paragraphs, "See the decision", link, notes), subject


def _objection_letter(services: Services, link: str, what: Became, about: str) -> tuple[Content, str]:
    objection, _ = find_objection(services, about)
    badge, issuer = line(told(services, objection).name), issuer_name(services)
    kind = "is not yours" if objection.kind is ObjectionKind.NOT_MINE else "is wrong"
    notes = (f"The page asks you to sign in.{contact(services)}",)
    if what is Became.OBJECTION_RECEIVED:
        paragraphs: tuple[str, ...] = (
            f"{issuer} has received what you said: that the badge “{badge}” {kind}.",
            "The badge stays as it is until it is decided. You get a letter then.",
        )
        subject = "What you said about a badge was received"
        return Content(greeting(None), paragraphs, "See how it stands", link, notes), subject
    if objection.state is ObjectionState.OPEN:
        raise NotFoundError("it is not decided")
    became, subject = _became(objection.kind, objection.state), "What you said about a badge was decided"
    paragraphs = (
        f"{issuer} has decided what you said: that the badge “{badge}” {kind}. {became}",
        f"The reason: {line(objection.reason, _MAX_REASON_CHARS)}",
    )
    return Content(greeting(None), paragraphs, "See the decision", link, notes), subject


def _became(kind: ObjectionKind, state: ObjectionState) -> str:
    if state is ObjectionState.REFUSED:
        return "The badge stays as it is."
    if kind is ObjectionKind.NOT_MINE:
        return "It was revoked, and has left your wallet."
    return "It was revoked, and a right one comes in its place."
