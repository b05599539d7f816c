"""What credentials of one shape share, what differs between them, and a bounded
memory for compiled templates.

`with_slots` leaves slots; `slot_values` fills them.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.ground.names import normalise_email
from credserv.issuing.addresses import credential_url, status_list_url
from credserv.openbadges.credential import hash_identity
from credserv.proof.rdf.template import iri_slot, slot
from credserv.records.credentials import CredentialRecord

MAX_TEMPLATES = 256

Shape = tuple[object, ...]
Kept = TypeVar("Kept")


class BoundedMemory(Generic[Kept]):
    """Keeps the `size` most recently used values, by key. Safe to share between threads."""

    def __init__(self, size: int = MAX_TEMPLATES) -> None:
        self._size = size
        self._kept: OrderedDict[Shape, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Shape, make: Callable[[], Kept]) -> Kept:
        """Return the value for `key`, making it if it is missing.

        Two threads may make it at the same time.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = make()
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made


def shape_of(record: CredentialRecord) -> Shape:
    """Return what two credentials must have in common to come from one template."""
    order = record.order
    results = [{**result, "value": "value" in result} for result in order.results]
    named = (order.recipient.email is not None, order.recipient.did is not None)
    told = json.dumps(results, sort_keys=True) if results else ""
    return (order.achievement_key, order.achievement_version, *named, told)


def slot_values(
    record: CredentialRecord, *, public_url: str, valid: tuple[datetime, datetime | None]
) -> dict[str, str]:
    """Return the text for each slot.

    Args:
        valid: When validity begins and ends; None for no end.
    """
    order, (begins, ends) = record.order, valid
    list_url = status_list_url(public_url, record.status_list_id)
    email = order.recipient.email
    values = {
        "id": credential_url(public_url, record.id),
        "valid_from": format_instant(begins),
        "valid_until": "" if ends is None else format_instant(ends),
        "awarded": format_instant(order.awarded_at),
        "did": order.recipient.did or "",
        "identity_hash": hash_identity(normalise_email(email), record.salt) if email else "",
        "salt": record.salt,
        "status": f"{list_url}#{record.status_index}",
        "list": list_url,
        "index": str(record.status_index),
    }
    for number, result in enumerate(order.results):
        values[f"value_{_letters(number)}"] = str(result.get("value", ""))
    return values


def with_slots(unsigned: Mapping[str, Any]) -> dict[str, Any]:
    """Return an unsigned credential with a slot for each text that differs within one shape."""
    subject = dict(unsigned["credentialSubject"])
    document = {
        **unsigned,
        "id": iri_slot("id"),
        "validFrom": slot("valid_from"),
        "awardedDate": slot("awarded"),
        "credentialSubject": subject,
        "credentialStatus": {
            **unsigned["credentialStatus"],
            "id": iri_slot("status"),
            "statusListIndex": slot("index"),
            "statusListCredential": iri_slot("list"),
        },
    }
    if "validUntil" in unsigned:
        document["validUntil"] = slot("valid_until")
    if "id" in subject:
        subject["id"] = iri_slot("did")
    if "identifier" in subject:
        identity = {**subject["identifier"][0], "identityHash": slot("identity_hash"), "salt": slot("salt")}
        subject["identifier"] = [identity]
    if "result" in subject:
        subject["result"] = [_result_with_slot(*item) for item in enumerate(subject["result"])]
    return document


def _result_with_slot(number: int, result: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**result, "value": slot(f"value_{_letters(number)}")} if "value" in result else result


def _letters(number: int) -> str:
    """Return a slot name for a number; slot names consist of letters only."""
    return "abcdefghij"[number % 10] * (number // 10 + 1)


def proof_begin(options: Mapping[str, Any]) -> bytes:
    """Return the text between a document's last member and the `proofValue` of a proof with these options."""
    return b"".join([b',"proof":', to_json(dict(options))[:-1], b',"proofValue":"'])


def secured_text(text: str, begin: bytes, proof_value: str) -> bytes:
    """Return a JSON object with its proof added as the last member.

    Args:
        text: The object without a proof.
        begin: From `proof_begin`.
        proof_value: The signature.
    """
    return b"".join([text[:-1].encode(), begin, proof_value.encode(), b'"}}'])
