"""Consents as JSON-LD, for the person who gave them.

In terms of the W3C Data Privacy Vocabulary (DPV 2), as its guide writes records after ISO/IEC TS 27560:2023.
The text of that specification is not public, so no conformity with it is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.records.consents import ConsentRecord, notice_language, notice_words

_CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def build_consent_records(consents: Iterable[ConsentRecord], now: datetime) -> JsonObject:
    return {"@context": _CONTEXT, "@graph": [_record(one, now) for one in consents]}


def _record(one: ConsentRecord, now: datetime) -> dict[str, Any]:
    given = {**_event("dpv:ConsentGiven", one.given_at), "dct:description": one.act}
    events = [given]
    if one.withdrawn_at is not None:
        events.append(_event("dpv:ConsentWithdrawn", one.withdrawn_at))
    return {
        "@type": "dpv:ConsentRecord",
        "dpv:hasIdentifier": one.id,
        "dpv:hasDataSubject": one.person_id,
        "dpv:hasNotice": _notice(one),
        "dpv:hasConsentStatus": {"@id": _status(one, now)},
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:identifier": one.purpose.value,
            "dpv:hasLegalBasis": {"@id": "dpv:Consent"},
            "dpv:hasDataController": {"@id": one.controller},
            "dpv:hasRecipient": {"@type": "dpv:Recipient", "dpv:hasName": one.recipient},
            "dpv:hasPersonalData": list(one.shown),
            "dpv:hasStorageCondition": _retention(one),
        },
        "dct:hasPart": events,
    }


def _event(kind: str, at: datetime) -> dict[str, Any]:
    return {"@type": kind, "dct:date": {"@type": "xsd:dateTime", "@value": format_instant(at)}}


def _notice(one: ConsentRecord) -> dict[str, Any]:
    """Return a notice, with its words if they are still today's."""
    notice = {"@type": "dpv:ConsentNotice", "dct:hasVersion": f"sha256:{one.notice_sha256}"}
    language = notice_language(one)
    if language is not None:
        notice["dct:description"] = notice_words(one.purpose, language)
        notice["dct:language"] = language
    return notice


def _status(one: ConsentRecord, now: datetime) -> str:
    if one.withdrawn_at is not None:
        return "dpv:ConsentWithdrawn"
    return "dpv:ConsentGiven" if one.stands(now) else "dpv:ConsentExpired"


def _retention(one: ConsentRecord) -> dict[str, Any]:
    if one.ends_at is None:
        return {"@type": "dpv:StorageDuration", "dct:description": "until it is withdrawn"}
    return {"@type": "dpv:StorageDuration", **_event("dpv:StorageDuration", one.ends_at)}
