"""The exit archive: everything a person holds here, with all that a check needs, in one file.

Each credential is checked while the archive is made, and the archive contains what the check fetched. Whoever
has it can repeat the check without asking anybody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from credserv.carriers.zip_file import write_zip
from credserv.exchange.archive import (
    CREDENTIALS,
    LOG,
    MANIFEST,
    SIGNATURE,
    Archive,
    Packed,
    Page,
    digest,
    pack,
)
from credserv.exchange.consent_records import build_consent_records
from credserv.exchange.lcw_backup import NAME, build_backup
from credserv.fetch.guarded import MAX_BYTES, Fetched
from credserv.ground.encoding import format_instant, random_token
from credserv.ground.errors import NotFoundError, UnknownContextError
from credserv.ground.json_types import JsonObject
from credserv.journeys.check.many import BATCH_SECONDS, Submitted, each, report_on
from credserv.journeys.publish.issuance_log import inclusions_of
from credserv.journeys.services import Services
from credserv.journeys.transfer.archive_page import write_page
from credserv.openbadges.credential import build_identity
from credserv.openbadges.data_model import listed
from credserv.proof.keys.certificate_answers import MEDIA_TYPE as ANSWER_TYPE
from credserv.proof.keys.certificate_answers import answer_made_at
from credserv.proof.keys.certificate_lists import MEDIA_TYPE as CERTIFICATE_LIST_TYPE
from credserv.proof.keys.universal_wallet import create_profile_keys
from credserv.proof.tokens.archive_token import sign_archive
from credserv.records.credentials import CredentialState
from credserv.records.people import ProvedKind
from credserv.verifying.checks.certificate_status import Fetch

_SALT_BYTES = 16
_ISSUED = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


def make_archive(
    services: Services,
    person_id: str,
    now: datetime,
    *,
    with_backup: bool = False,
    seconds: float = BATCH_SECONDS,
    on_progress: Callable[[int, int], None] | None = None,
) -> bytes:
    """Return a zip with everything a person holds: issued here or brought along.

    Args:
        with_backup: Whether to include a backup for Learner Credential Wallet, which contains a private key
            made for it.
        seconds: What is not checked within this time is marked as unchecked.
        on_progress: Called with the number checked and the total.

    Raises:
        NotFoundError: There is no such person.
        SigningKeyError: The key cannot sign now.
    """
    person = services.store.people.get(person_id)
    if person is None:
        raise NotFoundError("no such wallet")
    gathered = list(_held(services, person_id))
    held = tuple(_numbered((one.ending, one.content, one.for_holder) for one in gathered))
    recorder = _Recorder(services)
    items = [Submitted(one.file, data=one.content) for one in held]
    found: dict[int, JsonObject] = {}
    for number, report in each(
        items, lambda item: report_on(recorder.services, item, now=now), seconds=seconds
    ):
        found[number] = report
        if on_progress is not None:
            on_progress(len(found), len(items))
    reports = [found[number] for number in range(len(held))]
    packed = tuple(
        replace(one, name=str(report["credential"]["name"]))
        for one, report in zip(held, reports, strict=True)
    )
    archive = Archive(
        now,
        services.issuer.did,
        packed,
        recorder.documents,
        recorder.pages,
        holder=tuple(_holder(services, person_id)),
    )
    verdicts = {"checked_at": format_instant(now), "results": reports}
    agreed = build_consent_records(services.store.consents.of_person(person_id), now)
    others = {
        "consents.json": json.dumps(agreed, ensure_ascii=False, indent=1).encode(),
        "index.html": write_page(packed, reports, maker=services.issuer, made_at=now).encode(),
        # Indented, it would be twice as large and need Python's slow writer.
        "verdicts.json": json.dumps(verdicts, ensure_ascii=False).encode(),
        **_contexts(services, packed),
        **_proofs(services, held, gathered),
    }
    if with_backup:
        readable = [json.loads(one.content) for one in packed if one.file.endswith(".json")]
        others[NAME] = build_backup(readable, create_profile_keys(), name=person.name or "My credentials")
    files, manifest = pack(archive, others)
    signer = services.credential_signer
    token = sign_archive(
        digest(manifest),
        by=signer.did,
        made_at=now,
        signer=signer.signer,
        verification_method=signer.verification_method,
    )
    return write_zip({**files, MANIFEST: manifest, SIGNATURE: token.encode()})


def _holder(services: Services, person_id: str) -> Iterator[JsonObject]:
    """Yield what the person has proved to be theirs, as credentials name it."""
    for one in services.store.people.proved(person_id):
        if one.ended_at is None and one.kind is ProvedKind.DID:
            yield {"id": one.value, "identifier": []}
        if one.ended_at is None and one.kind is ProvedKind.EMAIL:
            yield {"id": "", "identifier": [build_identity(one.value, random_token(_SALT_BYTES))]}


@dataclass(frozen=True)
class _Held:
    """A credential that the person holds.

    Attributes:
        for_holder: Whether this very organisation issued it to them.
        slug: The organisation here that issued it; "" if brought along.
        id: The badge's id here; "" if brought along.
    """

    ending: str
    content: bytes
    for_holder: bool = False
    slug: str = ""
    id: str = ""


def _held(services: Services, person_id: str) -> Iterator[_Held]:
    """Yield what was issued here, newest first, then what was brought along."""
    for slug, record in services.store.holdings.of_person(person_id):
        if record.signed is not None and record.state in _ISSUED:
            yield _Held("json", record.signed, slug == services.issuer.id, slug, record.id)
    for brought in services.store.imports.of_person(person_id):
        content = services.store.imports.content(person_id, brought.id)
        if content is not None:
            yield _Held(brought.ending, content)


def _proofs(services: Services, held: Sequence[Packed], gathered: Sequence[_Held]) -> dict[str, bytes]:
    """Return proofs that what was issued here is in its issuer's log, except
    for what was signed a moment ago.
    """
    subjects: dict[str, list[str]] = {}
    for one in gathered:
        if one.id:
            subjects.setdefault(one.slug, []).append(one.id)
    found = {slug: inclusions_of(services.beside(slug), ids) for slug, ids in subjects.items()}
    told: dict[str, JsonObject] = {}
    for packed, one in zip(held, gathered, strict=True):
        known = found.get(one.slug, {}).get(one.id)
        if known is not None and known.entry.sha256 == digest(one.content):
            told[packed.file] = known.as_json()
    return {LOG: json.dumps(told).encode()}


def _numbered(held: Iterable[tuple[str, bytes, bool]]) -> Iterator[Packed]:
    for number, (ending, content, for_holder) in enumerate(held, 1):
        yield Packed(f"{CREDENTIALS}{number}.{ending}", content, for_holder=for_holder)


def _contexts(services: Services, packed: Iterable[Packed]) -> dict[str, bytes]:
    """Return the contexts that the JSON credentials name, for readers without a network."""
    named: dict[str, None] = {}
    for one in packed:
        if one.file.endswith(".json"):
            document = json.loads(one.content)
            named |= dict.fromkeys(url for url in listed(document.get("@context")) if isinstance(url, str))
    files: dict[str, bytes] = {}
    index: dict[str, str] = {}
    for url in named:
        try:
            document = services.canonizer.contexts.document(url)
        except UnknownContextError:
            continue
        index[url] = f"contexts/{len(index) + 1}.json"
        files[index[url]] = json.dumps(document, ensure_ascii=False).encode()
    files["contexts/index.json"] = json.dumps(index, indent=1).encode()
    return files


@dataclass
class _Recorder:
    """Passes everything on and keeps the answers."""

    given: Services
    documents: dict[str, JsonObject] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)

    @cached_property
    def services(self) -> Services:
        lists = self.given.resolvers.certificate_lists
        resolvers = replace(
            self.given.resolvers,
            resolve_did=self.resolve_did,
            fetch=self,
            own_status_list=self.own_status_list,
            certificate_lists=lists and lists.apart(self._keeping(lists.fetch)),
        )
        return replace(self.given, resolvers=resolvers)

    def resolve_did(self, did: str) -> JsonObject:
        found = self.given.resolvers.resolve_did(did)
        self.documents[did] = found
        return found

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = MAX_BYTES) -> Fetched:
        found = self.given.resolvers.fetch.get(url, accept=accept, max_bytes=max_bytes)
        self.pages[url] = Page(found.body, found.media_type)
        return found

    def _keeping(self, fetch: Fetch) -> Fetch:
        def certificate_list(url: str) -> bytes:
            found = fetch(url)
            is_list = answer_made_at(found) is None
            self.pages[url] = Page(found, CERTIFICATE_LIST_TYPE if is_list else ANSWER_TYPE)
            return found

        return certificate_list

    def own_status_list(self, url: str) -> bytes | None:
        found = self.given.resolvers.own_status_list(url)
        if found is not None:
            self.pages[url] = Page(found, "application/vc")
        return found
