"""A transcript and a CV of what a person chose.

This organisation signs the transcript (CLR 2.0), so it contains only what this organisation issued; signing
what others said would mean saying it too. Nobody signs the CV (LER-RS); it contains signed credentials,
whoever issued them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from credserv.carriers.resume import Line, Sheet, print_resume
from credserv.exchange.ler_rs import Entry, build_resume
from credserv.ground.encoding import random_token
from credserv.ground.errors import InputError
from credserv.ground.names import has_unseen
from credserv.issuing.credential_signer import ProofWishes
from credserv.journeys.check.reports.statement import dated, minute
from credserv.journeys.services import Services
from credserv.journeys.transfer.chosen import Choice, Chosen, choices_of, choose
from credserv.openbadges.clr import build_clr
from credserv.openbadges.employment import read_employment
from credserv.openbadges.profile import build_profile
from credserv.records.people import ProvedIdentifierRecord, ProvedKind

_MAX_NAME_CHARS = 200
_SALT_BYTES = 16


@dataclass(frozen=True)
class Resume:
    """A CV.

    Attributes:
        left_out: What was chosen and does not verify now.
    """

    name: str
    email: str
    entries: tuple[Entry, ...]
    document: dict[str, Any]
    left_out: tuple[Choice, ...]


def make_resume(
    services: Services, person_id: str, keys: Collection[str], *, name: str, email: str, now: datetime
) -> Resume:
    """Make a CV.

    Args:
        name: The person's name as they want it shown.
        email: One of their addresses; "" for none.

    Raises:
        InputError: A value or the choice is not valid.
    """
    name, email = name.strip(), email.strip()
    if not 0 < len(name) <= _MAX_NAME_CHARS or has_unseen(name):
        raise InputError(f"enter your name as the CV is to show it, at most {_MAX_NAME_CHARS} characters")
    if email and email not in addresses_of(services, person_id):
        raise InputError("choose one of the addresses that you have shown to be yours, or none")
    good, left = choose(services, person_id, keys, now)
    entries = tuple(_entry(one) for one in good)
    document = build_resume(identifier=f"urn:uuid:{uuid.uuid4()}", name=name, email=email, entries=entries)
    return Resume(name, email, entries, document, left)


def resume_data(resume: Resume) -> bytes:
    """Return the file for software that reads CVs."""
    return json.dumps(resume.document, ensure_ascii=False, indent=1).encode()


def resume_pdf(resume: Resume, now: datetime) -> bytes:
    """Return it for printing, with that file attached.

    Raises:
        UnavailableError: It cannot be drawn now.
    """
    at = now.astimezone(UTC)
    return print_resume(
        Sheet(
            name=resume.name,
            email=resume.email,
            jobs=[_job(one) for one in resume.entries if one.employment],
            badges=[_badge(one) for one in resume.entries if not one.employment],
            skills=[str(skill["name"]) for skill in resume.document.get("skills", ())],
            checked=minute(at),
            day=at.date(),
            data=resume_data(resume),
        )
    )


def make_transcript(
    services: Services, person_id: str, keys: Collection[str], now: datetime
) -> tuple[bytes, tuple[Choice, ...]]:
    """Make a transcript.

    Returns:
        The signed CLR, and what was chosen and is not in it.

    Raises:
        InputError: Nothing chosen can be in it.
        SigningKeyError: The key cannot sign now.
        OrganisationClosedError: The organisation signs nothing new.
    """
    services.require_open()
    ours = [one for one in choices_of(services, person_id) if one.is_ours]
    picked = {one.key for one in ours if one.key in keys}
    if not picked:
        raise InputError("choose at least one badge that this organisation issued: it signs for no other")
    good, left = choose(services, person_id, picked, now)
    if not good:
        raise InputError("none of the chosen badges of this organisation verifies now")
    proved = _newest(services.store.people.proved(person_id))
    document = build_clr(
        identifier=f"urn:uuid:{uuid.uuid4()}",
        name=f"Transcript of {services.issuer.profile.get('name') or services.issuer.did}",
        issuer=build_profile(services.issuer.did, services.issuer.profile, sandbox=services.issuer.sandbox),
        email=proved.value if proved.kind is ProvedKind.EMAIL else None,
        did=proved.value if proved.kind is ProvedKind.DID else None,
        salt=random_token(_SALT_BYTES),
        credentials=[one.signed for one in good],
        now=now,
    )
    signed = services.credential_signer.sign(document, ProofWishes(), now=now)
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode(), left


def name_of(services: Services, person_id: str) -> str:
    """Return the person's name in their wallet or as first reported; "" if there is none."""
    person = services.store.people.get(person_id)
    return (person.name if person is not None else None) or ""


def addresses_of(services: Services, person_id: str) -> tuple[str, ...]:
    """Return the e-mail addresses that the person has proved."""
    proved = services.store.people.proved(person_id)
    return tuple(one.value for one in proved if one.kind is ProvedKind.EMAIL and one.ended_at is None)


def _newest(proved: Collection[ProvedIdentifierRecord]) -> ProvedIdentifierRecord:
    named = [one for one in proved if one.kind in (ProvedKind.EMAIL, ProvedKind.DID) and one.ended_at is None]
    if not named:
        raise InputError("show an address to be yours first: the transcript names its holder by one")
    return named[-1]


def _job(one: Entry) -> Line:
    facts = one.employment or {}
    days = f"{facts.get('first-day', '')} to {facts.get('last-day', 'today')}"
    hours = facts.get("weekly-hours")
    told = (days, f"{hours} hours a week" if hours else "", "confirmed by the employer")
    by = ", ".join(filter(None, (one.issuer, facts.get("unit"))))
    return Line(facts.get("role", one.name), by, ", ".join(filter(None, told)))


def _badge(one: Entry) -> Line:
    begins = dated(one.issued) if one.issued else ""
    return Line(one.name, one.issuer, f"{begins}, until {dated(one.ends)}" if one.ends else begins)


def _entry(one: Chosen) -> Entry:
    display = one.checked.display
    return Entry(
        name=display.name,
        issuer=one.checked.issuer or display.issuer_name,
        issued=display.awarded_at or display.valid_from,
        ends=display.valid_until,
        signed=one.signed,
        skills=tuple(dict.fromkeys(skill.name for skill in display.skills if skill.name)),
        employment=read_employment(one.checked.credential) or None,
    )
