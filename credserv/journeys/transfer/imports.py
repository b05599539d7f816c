"""Import: what a person brings is verified, and stored byte for byte with its
verdict and the time of the check.

What is proven wrong is refused with the reason. What could not be checked is stored and says so. It belongs
to the person alone: no organisation sees it, and no audit trail mentions it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from credserv.carriers.pdf import is_pdf
from credserv.carriers.qr_code import is_picture
from credserv.carriers.zip_file import is_zip, read_zip
from credserv.exchange.archive import MANIFEST, is_archive, open_archive
from credserv.ground.encoding import random_token
from credserv.ground.errors import ArchiveError, CredservError, InputError, NotFoundError, UncheckedError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Verdict
from credserv.issuing.addresses import credential_url
from credserv.journeys.check.check import Checked, check
from credserv.journeys.check.many import Submitted, each
from credserv.journeys.check.submission import COMPACT, Submission, read_submission
from credserv.journeys.services import Services
from credserv.journeys.transfer.facts import told_facts, told_report
from credserv.journeys.transfer.named_for import told_subjects
from credserv.journeys.transfer.parts import Part, take_apart
from credserv.journeys.transfer.snapshot import AsOf, Snapshot, judge_by_snapshot, open_snapshot
from credserv.openbadges.baking import is_image
from credserv.openbadges.structure import issuer_of
from credserv.records.imports import ImportRecord

MAX_IMPORTS = 5_000
_ID_BYTES = 16
_BY_ITSELF = "so nothing was taken on its word: each credential in it was checked by itself"
_PNG = b"\x89PNG"

logger = logging.getLogger(__name__)


class KeptAs(StrEnum):
    """HELD: it was here already. OWN: this service issued it to the person, so the wallet has it."""

    NEW = "new"
    HELD = "held"
    OWN = "own"
    REFUSED = "refused"


@dataclass(frozen=True)
class Kept:
    """The outcome of one credential.

    Attributes:
        name: Its file.
        reason: Why it was refused.
        import_id: "" if nothing is stored.
        title: What the credential calls itself.
    """

    name: str
    outcome: KeptAs
    reason: str = ""
    import_id: str = ""
    title: str = ""


def keep_import(
    services: Services, person_id: str, data: bytes, now: datetime, *, added_by: str, name: str = ""
) -> tuple[Kept, ...]:
    """Store one file, text or link, like `keep_imports`.

    Args:
        name: The file's name, for the answer.
    """
    return keep_imports(services, person_id, [(name, data)], now, added_by=added_by)


def keep_imports(
    services: Services, person_id: str, files: Sequence[tuple[str, bytes]], now: datetime, *, added_by: str
) -> tuple[Kept, ...]:
    """Verify and store each credential in the given files, texts and links. Safe to repeat.

    Each is stored by itself, so a crash leaves nothing half done. Silent hosts delay all of them together by
    the time of one batch.

    Args:
        files: Names and contents: JSON, JWT, SD-JWT, PNG, SVG, PDF, a link, a CLR, an Open Badges 2.0
            assertion, a zip archive or the backup of Learner Credential Wallet.
        added_by: How they were added, such as `upload`.

    Returns:
        The outcome of each. Nothing is raised for what was handed in.
    """
    given = [Submitted(name, data=data) for name, data in files]
    opened = dict(each(given, lambda item: _open(services, item, now)))
    inside = [part for number in range(len(given)) for part in opened[number][0]]
    found = dict(each(inside, lambda item: _keep(services, person_id, item, now, added_by)))
    refused = [one for number in range(len(given)) for one in opened[number][1]]
    return (*(found[number] for number in range(len(inside))), *refused)


def remove_import(services: Services, person_id: str, import_id: str) -> None:
    """Delete an import.

    Raises:
        NotFoundError: The person has no such import.
    """
    if not services.store.imports.remove(person_id, import_id):
        raise NotFoundError("no such credential")


@dataclass(frozen=True)
class _Handed(Submitted):
    """A part of what was handed in.

    Attributes:
        snapshot: What its archive says.
    """

    snapshot: Snapshot | None = None


def _open(services: Services, item: Submitted, now: datetime) -> tuple[tuple[_Handed, ...], tuple[Kept, ...]]:
    """Return what is in a file, and what of it is refused at once."""
    data = item.data or b""
    try:
        if item.fault is not None:
            raise item.fault
        parts = take_apart(data, item.name)
        snapshot, fault = _snapshot(services, data, now)
    except CredservError as error:
        return (), (Kept(item.name, KeptAs.REFUSED, error.detail),)
    refused = (Kept(MANIFEST, KeptAs.REFUSED, f"{fault}, {_BY_ITSELF}"),) if fault else ()
    return tuple(_Handed(part.name, data=part.data, snapshot=snapshot) for part in parts), refused


def _snapshot(services: Services, data: bytes, now: datetime) -> tuple[Snapshot | None, str]:
    """Return what a wallet's archive says of its issuers, or why its word does not count."""
    files = read_zip(data) if is_zip(data) else {}
    if not is_archive(files):
        return None, ""
    try:
        return open_snapshot(services, open_archive(files), files[MANIFEST], now), ""
    except ArchiveError as error:
        return None, error.detail


def _keep(services: Services, person_id: str, item: _Handed, now: datetime, added_by: str) -> Kept:
    part = Part(item.name, item.data or b"")
    try:
        if item.fault is not None:
            raise item.fault
        return _keep_one(services, person_id, part, now, added_by, item.snapshot)
    except CredservError as error:
        return Kept(part.name, KeptAs.REFUSED, error.detail)
    except Exception:
        logger.exception("an error nobody foresaw, in one of several imports")
        return Kept(part.name, KeptAs.REFUSED, UncheckedError("something went wrong on our side").detail)


def _keep_one(
    services: Services, person_id: str, part: Part, now: datetime, added_by: str, snapshot: Snapshot | None
) -> Kept:
    given = read_submission(services, data=part.data, url=None, now=now)
    content = _kept_bytes(part.data, given)
    sha256 = hashlib.sha256(content).hexdigest()
    known = services.store.imports.find(person_id, sha256)
    if known is not None:
        return Kept(part.name, KeptAs.HELD, import_id=known.id, title=str(known.facts["name"]))
    checked = check(services, data=given.text, url=None, now=now)
    if _is_held(services, person_id, checked):
        return Kept(part.name, KeptAs.OWN, title=checked.head.name)
    report, as_of = told_report(checked, now), now
    past = _as_it_was(services, snapshot, given.text, now) if checked.verdict is Verdict.NOT_CHECKED else None
    if past is not None and past.as_of is not None:
        checked, report, as_of = past.checked, past.report, past.as_of
    refusal = refuses(checked, report)
    if refusal:
        return Kept(part.name, KeptAs.REFUSED, refusal)
    if services.store.imports.count(person_id) >= MAX_IMPORTS:
        raise InputError(f"a wallet keeps at most {MAX_IMPORTS} credentials from elsewhere")
    record = ImportRecord(
        id=random_token(_ID_BYTES),
        person_id=person_id,
        sha256=sha256,
        media_type=_media_type(content),
        credential_id=checked.head.credential_id,
        issuer_id=checked.head.issuer_id,
        facts=told_facts(checked, report) | _told_holder(checked, snapshot, part.data),
        verdict=checked.verdict.value,
        checked_at=as_of,
        watched_at=now,
        added_by=added_by,
        added_at=now,
    )
    if not services.store.imports.add(record, content, report):  # another request was a moment faster
        return Kept(part.name, KeptAs.HELD, title=checked.head.name)
    return Kept(part.name, KeptAs.NEW, import_id=record.id, title=checked.head.name)


def _told_holder(checked: Checked, snapshot: Snapshot | None, text: bytes) -> dict[str, Any]:
    """Return the issuer's word on whom it is for, from the archive that the issuer made for them."""
    if snapshot is None or not checked.established:
        return {}
    found = snapshot.holder_of(text, issuer_of(checked.credential) or "")
    return {"holder": told_subjects({"credentialSubject": list(found)})} if found else {}


def _as_it_was(services: Services, snapshot: Snapshot | None, text: bytes, now: datetime) -> AsOf | None:
    """Judge by the archive if nobody answers any more."""
    return None if snapshot is None else judge_by_snapshot(services, snapshot, text, now)


def refuses(checked: Checked, report: JsonObject) -> str:
    """Return why it is not stored; "" if it is.

    What was genuinely signed is stored, even if revoked or expired, and so is what could not be checked. What
    is proven not to be a credential, or to differ from what was signed, is refused.
    """
    if checked.established or checked.verdict is not Verdict.NOT_VERIFIED:
        return ""
    return str(report["sentence"])


def _is_held(services: Services, person_id: str, checked: Checked) -> bool:
    """Return whether an organisation of this installation issued it to the person."""
    identifier = checked.head.credential_id
    if not checked.established or not checked.result.passed("issued_here"):
        return False
    base = services.at(identifier).base_of(identifier)
    own_id = identifier.removeprefix(credential_url(base, ""))
    return services.store.holdings.get(person_id, own_id) is not None


def _kept_bytes(data: bytes, given: Submission) -> bytes:
    """Return the file if the credential is in it; for a link or text, the credential itself."""
    in_file = not given.by_link and (is_picture(data) or is_pdf(data) or is_image(data))
    return data if in_file else given.text


def _media_type(content: bytes) -> str:
    if content.startswith(_PNG):
        return "image/png"
    if COMPACT.fullmatch(content):
        return "application/vc+sd-jwt" if b"~" in content else "application/vc+jwt"
    if content.startswith(b"{"):
        return "application/json"
    if is_image(content):
        return "image/svg+xml"
    return "application/pdf" if is_pdf(content) else "application/octet-stream"
