"""A credential before it is signed: built from its reserved row alone, and checked before anyone signs it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.issuing.addresses import credential_url, status_list_url
from credserv.issuing.living import Living, is_living, living_of
from credserv.issuing.services import IssuingServices
from credserv.openbadges.credential import StatusPlace, build_credential, build_subject
from credserv.openbadges.profile import build_profile
from credserv.openbadges.sandbox import mark_achievement
from credserv.proof.data_integrity.hashing_suite import HASH_NAMES, RdfcSuite
from credserv.records.accreditation import TermRecord
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import CredentialRecord, IssueOrder

STATUS_PURPOSE = "revocation"  # docs/adr/0001: one entry, set while the credential is revoked or suspended


def build_unsigned(
    issuing: IssuingServices, record: CredentialRecord, term: TermRecord | None = None
) -> dict[str, Any]:
    """Build the unsigned credential from its row and the achievement version, neither of which changes.

    Args:
        term: The term whose version to build. None for the first, or for a credential without terms.

    Raises:
        InputError: The achievement version or the term is missing.
    """
    order, sandbox = record.order, issuing.issuer.sandbox
    version = find_version(issuing, order)
    if is_living(order):
        living = living_of(issuing, record, version.achievement, term)
    else:
        living = Living(*period(version, record), order.results, {})
    return build_credential(
        credential_url=credential_url(issuing.public_url, record.id),
        issuer=build_profile(issuing.issuer.did, issuing.issuer.profile, sandbox=sandbox),
        subject=build_subject(
            mark_achievement(version.achievement) if sandbox else version.achievement,
            email=order.recipient.email,
            did=order.recipient.did,
            salt=record.salt,
            results=living.results,
        ),
        valid_from=living.begins,
        valid_until=living.ends,
        awarded_at=order.awarded_at,
        status=StatusPlace(
            list_url=status_list_url(issuing.public_url, record.status_list_id),
            index=record.status_index,
            purpose=STATUS_PURPOSE,
        ),
        evidence=order.evidence,
        more=living.more,
    )


def lint(issuing: IssuingServices, unsigned: dict[str, Any]) -> str:
    """Check an unsigned credential and return its canonical form (RDF canonicalization, N-Quads).

    The official schema finds missing members. Canonicalization finds members that no context defines.

    Raises:
        InputError: The credential fails either check.
    """
    faults = issuing.schemas.check_credential(unsigned)
    if faults:
        listed = "; ".join(f"{fault.place}: {fault.message}" for fault in faults[:5])
        raise SchemaFaultsError(f"the credential would break the official schema: {listed}", faults=faults)
    return issuing.canonizer.canonize(unsigned)


def signs_canonical_form(issuing: IssuingServices) -> bool:
    """Return whether the signature covers the form that `lint` returns.

    It does not with P-384, where SHA-384 names the blank nodes.
    """
    return isinstance(issuing.suite, RdfcSuite) and HASH_NAMES.get(issuing.signer.key_type) == "sha256"


def period(version: AchievementVersion, record: CredentialRecord) -> tuple[datetime, datetime | None]:
    """Return when the credential's validity begins and ends; the end is None if it never expires.

    The length of validity counts from the award. It begins at issuance, or at the award if it would end
    before issuance.
    """
    issued_at, awarded_at = record.issued_at, record.order.awarded_at
    ends = version.ends(awarded_at)
    return (awarded_at if ends is not None and ends <= issued_at else issued_at), ends


def find_version(issuing: IssuingServices, order: IssueOrder) -> AchievementVersion:
    """Return the achievement version that was ordered.

    Raises:
        InputError: There is no such version.
    """
    version = issuing.store.achievements.get(order.achievement_key, order.achievement_version)
    if version is None:
        raise InputError(f"there is no achievement {order.achievement_key} {order.achievement_version}")
    return version
