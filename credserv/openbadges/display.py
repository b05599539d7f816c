"""What a credential says, gathered for showing. No I/O; reads any version of Open Badges 3.0 leniently.

The values are taken from the document as it stands and prove nothing by themselves: whoever shows
them says whether the proof passed. A member of an unexpected kind is left out, never guessed at and
never an error, since documents of strangers end here too (Open Badges 3.0, sections B.1 to B.6).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
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
    """What was signed, where a translation is shown in its place. language: "" where it does not say."""

    language: str
    name: str
    description: str
    criteria: str


@dataclass(frozen=True)
class CredentialHead:
    """What a verdict names of one credential. Empty text and None stand for *the document does not say*."""

    credential_id: str = ""
    name: str = ""
    issuer_id: str = ""
    issuer_name: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True)
class CredentialDisplay(CredentialHead):
    """Everything a page shows of one credential.

    criteria: Markdown, unsafe until rendered. image: URL or `data:` URI as written.
    sandbox: whether it says that it was issued for trying out.
    holder_kind: how the recipient is named (`did`, `url`, `hash`, ``), never the identity itself.
    names_address: whether by an e-mail address, too, hashed or not.
    said: of an SD-JWT VC that is no badge, its claims with what they say, as they were signed.
    language: of name, description and criteria (a tag of BCP 47). signed: what those say in the document,
    where they are shown in a translation (translations.py); None for what is as it was signed.
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
        """For where no room is to say that a translation is one."""
        return self.name if self.signed is None else self.signed.name

    @property
    def size(self) -> int:
        """How many parts it is made of."""
        parts = (self.alignments, self.claims, self.evidence, self.tags, self.results, self.said)
        return sum(map(len, parts)) + sum(len(one.levels) for one in self.results)

    @property
    def skills(self) -> tuple[SkillClaim, ...]:
        """What it names that is a skill, each with the level that was reached."""
        return tuple(claim for claim in self.claims if claim.kind is ClaimKind.SKILL)


def _read_head(plain: JsonObject) -> CredentialHead:
    subject = first_object(plain.get("credentialSubject"))
    achievement = first_object(subject.get("achievement"))
    return CredentialHead(
        credential_id=read_identifier(plain.get("id")),
        name=read_text(achievement.get("name")) or read_text(plain.get("name")),
        issuer_id=read_identifier(plain.get("issuer")),
        issuer_name=read_text(first_object(plain.get("issuer")).get("name")),
        valid_from=_instant(plain.get("validFrom")) or _instant(plain.get("issuanceDate")),
        valid_until=_instant(plain.get("validUntil")) or _instant(plain.get("expirationDate")),
    )


def build_display(document: JsonObject) -> CredentialDisplay:
    """Gather the values of a VCDM 1.1 or 2.0 credential; several subjects or achievements: the first."""
    return read_display(plain_form(document))


def read_display(plain: JsonObject) -> CredentialDisplay:
    """As `build_display`, of a document in its plain form."""
    subject = first_object(plain.get("credentialSubject"))
    achievement = first_object(subject.get("achievement"))
    issuer = first_object(plain.get("issuer"))
    criteria, alignments = first_object(achievement.get("criteria")), read_alignments(achievement)
    return CredentialDisplay(
        **vars(_read_head(plain)),
        description=read_text(achievement.get("description")) or read_text(plain.get("description")),
        language=read_text(achievement.get("inLanguage")),
        achievement_id=read_identifier(achievement.get("id")),
        achievement_type=read_text(achievement.get("achievementType")),
        criteria=read_text(criteria.get("narrative")),
        criteria_url=read_identifier(criteria.get("id")),
        image=read_identifier(achievement.get("image")) or read_identifier(plain.get("image")),
        issuer_url=read_text(issuer.get("url")),
        awarded_at=_instant(plain.get("awardedDate")),
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
    """Of an SD-JWT VC, in its plain form. One that is no badge is its claims; the EU's learning credential
    has a title, too."""
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
    """The same values for an achievement by itself, as its own page shows it."""
    return build_display({"credentialSubject": {"achievement": achievement}})


# --- parts --------------------------------------------------------------------------------------


def _instant(value: object) -> datetime | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except InputError:
        return None


def _text(value: object) -> str:
    """Of a claim of any kind."""
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
