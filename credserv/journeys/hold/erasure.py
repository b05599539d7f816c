"""Everything stored about a person: export it in full, and erase it on request (attack 117).

What they earned stays without them: the organisation can still prove that it awarded something, and whoever
kept a badge can still have it checked. Nothing else leads back to them.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime

from credserv.exchange.consent_records import build_consent_records
from credserv.ground.encoding import format_instant
from credserv.ground.strict_json import read_own_json
from credserv.journeys.services import Services
from credserv.openbadges.content import content_sha256
from credserv.records.audit import Action, AuditRecord
from credserv.verifying.checks.proof import open_secured

_READ_ME = """Everything that this service keeps about you, as of {at}.

data.json has the rows of its database that are about you, by the name of their table. Left out are hashes,
secrets and keys that only this service can use, and the pages that everybody can read. Messages of learning
systems that speak of others, too, are named without their text: what was read of you in them stands under
observations.
consents.json has what you agreed to, in the names of the Data Privacy Vocabulary (DPV).
To take your badges along, use the archive in your wallet: it can be checked and brought in elsewhere.
"""


def tell_all(services: Services, person_id: str, now: datetime) -> bytes:
    """Return a zip with everything stored about a person.

    Raises:
        NotFoundError: There is no such person.
    """
    return tell_all_of(services, (person_id,), now)


def tell_all_of(services: Services, person_ids: Sequence[str], now: datetime) -> bytes:
    """Do the same for one human being who is several people here, because no wallet joins them."""
    rows: dict[str, list[object]] = {}
    for person_id in person_ids:
        before = {table: list(known) for table, known in rows.items()}  # a message may name them in each
        for table, row in services.store.erasure.told(person_id):
            if row not in before.get(table, ()):
                rows.setdefault(table, []).append(row)
    agreed = [one for known in person_ids for one in services.store.consents.of_person(known)]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("README.txt", _READ_ME.format(at=format_instant(now)))
        file.writestr("data.json", json.dumps(rows, ensure_ascii=False, indent=1, sort_keys=True))
        consents = build_consent_records(agreed, now)
        file.writestr("consents.json", json.dumps(consents, ensure_ascii=False, indent=1))
    return written.getvalue()


def erase(services: Services, person_id: str, now: datetime, *, actor: str | None = None) -> None:
    """Erase a person and everything that names them, in every organisation, in one transaction, for good.

    Args:
        actor: Who does it on their behalf; None for the person.

    Raises:
        NotFoundError: There is no such person.
        ConflictError: They are the last owner of an organisation.
    """
    slugs = services.store.erasure.organisations_of(person_id)
    with services.store.transaction(savepoints=False), ExitStack() as kept:
        for slug in slugs:
            own = services.at_name(slug)
            kept.enter_context(own.store.colleagues.keeping_an_owner(own.today(now)))
        services.store.erasure.erase(person_id, now, _digest)
        line = AuditRecord(now, actor or f"person:{person_id}", Action.PERSON_ERASED, person_id)
        for slug in slugs:
            services.beside(slug).store.audit.add(line)
        # Without an organisation, the installation's own audit trail says who did it.
        if actor is not None and not slugs:
            services.store.audit.add(line)


def _digest(signed: bytes) -> str:
    if signed.startswith(b"{"):
        return content_sha256(read_own_json(signed))
    return content_sha256(open_secured(signed.decode("ascii")).document)
