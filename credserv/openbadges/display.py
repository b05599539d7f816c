"""Collect what a credential says, for display. No I/O; reads any version of Open Badges 3.0 leniently.

The values come from the document as it is and prove nothing: whoever shows them must say whether the proof
passed. A member of an unexpected type is omitted, never guessed and never an error, because strangers'
documents end up here too (Open Badges 3.0, sections B.1 to B.6).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.validity import parse_date, parse_validity
from credserv.openbadges.data_model import is_absolute
from credserv.openbadges.learning_credential import CLAIMS, VCT
from credserv.openbadges.lenient import (
    first_object,
    read_identifier,
    read_list,
    read_objects,
    read_text,
)
from credserv.openbadges.plain import plain_form
from credserv.openbadges.recipient import EMAIL
from credserv.openbadges.sandbox import is_marked
from credserv.openbadges.skill_claims import ClaimKind, SkillClaim, skill_claims
from credserv.openbadges.skills import (
    AlignmentDisplay,
    ResultDisplay,
    is_mentor_accreditation,
    read_alignments,
    read_results,
)


@dataclass(frozen=True)
class EvidenceDisplay:
    name: str
    url: str
    narrative: str = ""


@dataclass(frozen=True)
class SignedWords:
    """The signed text where a translation is shown instead.

    `language` is "" where the document does not say.
    """

    language: str
    name: str
    description: str
    criteria: str


@dataclass(frozen=True)
class CredentialHead:
    """What a verdict names of one credential. Empty text and None mean *the document does not say*."""

    credential_id: str = ""
    name: str = ""
    issuer_id: str = ""
    issuer_name: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True)
class CredentialDisplay(CredentialHead):
    """Everything a page shows of one credential.

    Attributes:
        criteria: Markdown, unsafe until rendered.
        image: URL or `data:` URI as written.
        sandbox: whether it says that a sandbox issued it.
        holder_kind: how the recipient is named (`did`, `url`, `hash`, ``), never the identity itself.
        names_address: whether it also names an e-mail address, hashed or not.
        said: of an SD-JWT VC that is no badge, its claims as they were signed.
        language: of name, description and criteria (a BCP 47 tag).
        signed: the signed texts where a translation is shown (translations.py); None otherwise.
    """

    description: str = ""
    language: str = ""
    signed: SignedWords | None = None
    achievement_id: str = ""
    achievement_type: str = ""
    criteria: str = ""
    criteria_url: str = ""
    image: str = ""
    issuer_url: str = ""
    awarded_at: datetime | None = None
    holder_kind: str = ""
    names_address: bool = False
    alignments: tuple[AlignmentDisplay, ...] = ()
    results: tuple[ResultDisplay, ...] = ()
    evidence: tuple[EvidenceDisplay, ...] = ()
    tags: tuple[str, ...] = ()
    mentor_accreditation: bool = False
    sandbox: bool = False
    claims: tuple[SkillClaim, ...] = ()
    said: tuple[tuple[str, str], ...] = ()

    @property
    def signed_name(self) -> str:
        """The signed name, for places without room to say that a name is translated."""
        return self.name if self.signed is None else self.signed.name

    @property
    def size(self) -> int:
        """How many parts it consists of."""
        parts = (self.alignments, self.claims, self.evidence, self.tags, self.results, self.said)
        return sum(map(len, parts)) + sum(len(one.levels) for one in self.results)

    @property
    def chars(self) -> int:
        """How many characters its skills and results have, which may say one text again and again."""
        levels = [level for one in self.results for level in one.levels]
        texts = [text for part in (*self.claims, *self.results, *levels) for text in vars(part).values()]
        names = [name for one in self.claims for name in one.level_names]
        return sum(len(text) for text in (*texts, *names) if isinstance(text, str))

    @property
    def skills(self) -> tuple[SkillClaim, ...]:
        """The skills it names, each with the level reached."""
        return tuple(claim for claim in self.claims if claim.kind is ClaimKind.SKILL)


def _read_head(plain: JsonObject) -> CredentialHead:
    subject = first_object(plain.get("credentialSubject"))
    achievement = first_object(subject.get("achievement"))
    begins, ends = _validity(plain)
    return CredentialHead(
        credential_id=read_identifier(plain.get("id")),
        name=read_text(achievement.get("name")) or read_text(plain.get("name")),
        issuer_id=read_identifier(plain.get("issuer")),
        issuer_name=read_text(first_object(plain.get("issuer")).get("name")),
        valid_from=begins,
        valid_until=ends,
    )


def build_display(document: JsonObject) -> CredentialDisplay:
    """Collect the values of a VCDM 1.1 or 2.0 credential; of several subjects or achievements, the first."""
    return read_display(plain_form(document))


def read_display(plain: JsonObject) -> CredentialDisplay:
    """Collect the values of a document already in its plain form; see `build_display`."""
    subject = first_object(plain.get("credentialSubject"))
    achievement = first_object(subject.get("achievement"))
    issuer = first_object(plain.get("issuer"))
    criteria, alignments = first_object(achievement.get("criteria")), read_alignments(achievement)
    described = read_identifier(achievement.get("criteria"))  # in RDF an address is the object of that id
    return CredentialDisplay(
        **vars(_read_head(plain)),
        description=read_text(achievement.get("description")) or read_text(plain.get("description")),
        language=read_text(achievement.get("inLanguage")),
        achievement_id=read_identifier(achievement.get("id")),
        achievement_type=read_text(achievement.get("achievementType")),
        criteria=read_text(criteria.get("narrative")),
        criteria_url=described if is_absolute(described) else "",
        image=next(
            filter(None, (read_identifier(one.get("image")) for one in (achievement, plain, subject))), ""
        ),
        issuer_url=read_text(issuer.get("url")),
        awarded_at=_date(plain, "awardedDate"),
        holder_kind=_holder_kind(subject),
        names_address=any(
            one.get("identityType") == EMAIL for one in read_objects(subject.get("identifier"))
        ),
        alignments=alignments,
        results=read_results(subject, achievement),
        evidence=tuple(_evidence(plain)),
        tags=tuple(read_text(tag) for tag in read_list(achievement.get("tag")) if read_text(tag)),
        mentor_accreditation=is_mentor_accreditation(achievement),
        sandbox=is_marked(plain),
        claims=tuple(skill_claims(subject, achievement, alignments)),
    )


def read_sd_jwt_vc(plain: JsonObject) -> CredentialDisplay:
    """Collect the values of an SD-JWT VC in plain form.

    One that is no badge is shown by its claims; the EU's learning credential also has a title.
    """
    display, claims = read_display(plain), first_object(plain.get("credentialSubject"))
    if "achievement" in claims:
        return display
    said = tuple((name, _text(value)) for name, value in claims.items() if name != "id")
    display = replace(display, said=said)
    if plain.get("type") != VCT:
        return display
    order = {name: place for place, name in enumerate(CLAIMS)}
    return replace(
        display,
        said=tuple(sorted(said, key=lambda one: order.get(one[0], len(order)))),
        name=read_text(claims.get("achievement_title")) or display.name,
        description=read_text(claims.get("achievement_description")),
        issuer_name=read_text(claims.get("issuing_authority")),
    )


def achievement_display(achievement: JsonObject) -> CredentialDisplay:
    """Collect the same values for an achievement alone, for its own page."""
    return build_display({"credentialSubject": {"achievement": achievement}})


# --- parts --------------------------------------------------------------------------------------


def _validity(plain: JsonObject) -> tuple[datetime | None, datetime | None]:
    """Return the dates that are checked; where they cannot be read together, each that can be read."""
    try:
        checked = parse_validity(plain)
    except InputError:
        begins = _date(plain, "validFrom") or _date(plain, "issuanceDate")
        return begins, _date(plain, "validUntil") or _date(plain, "expirationDate")
    return checked.begins, checked.ends


def _date(plain: JsonObject, name: str) -> datetime | None:
    try:
        return parse_date(name, plain[name]) if name in plain else None
    except InputError:
        return None


def _text(value: object) -> str:
    """Return a claim of any type as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _holder_kind(subject: JsonObject) -> str:
    identifier = subject.get("id")
    if isinstance(identifier, str) and identifier:
        return "did" if identifier.startswith("did:") else "url"
    return "hash" if read_objects(subject.get("identifier")) else ""


def _evidence(document: JsonObject) -> Iterable[EvidenceDisplay]:
    for evidence in read_objects(document.get("evidence")):
        yield EvidenceDisplay(
            name=read_text(evidence.get("name")),
            url=read_identifier(evidence),
            narrative=read_text(evidence.get("narrative")),
        )
