"""A credential for everything that can be wrong with one, each really signed, with the hosts it names.

for defect in defects(now): ...  # hand in `defect.data` or `defect.url`, over `hosts_of(now)`
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.verification import Verdict
from tests.testkit import badges2
from tests.testkit.proofs import OB3, V2, SigningIssuer, badge, issuer, replaced
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry

ALICE, MALLORY, HOLDER = issuer(1), issuer(2), issuer(3)
REVOKED, SUSPENDED = 4_711, 4_712
_BASE = "https://badges.example"
_SUSPENSIONS, _BROKEN_LIST, _SILENT_LIST = (f"{_BASE}/status/{n}" for n in (2, 3, 4))
_PICTURE = f"{_BASE}/images/1.png"
_WITHDRAWN = f"{_BASE}/assertions/2.json"
_CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
_WRONG_DIGEST = "sha256-" + "A" * 43 + "="


@dataclass(frozen=True)
class Defect:
    """verdict, tone: what every answer says. words: in the first sentence. data or url: what to hand in."""

    name: str
    verdict: Verdict
    tone: str
    words: str
    data: bytes | None = None
    url: str | None = None
    recipient: str = ""


def hosts_of(now: datetime) -> Hosts:
    """What the hosts of these credentials serve at `now`."""
    dates = {
        "validFrom": format_instant(now - timedelta(hours=1)),
        "validUntil": format_instant(now + timedelta(days=2)),
    }
    return Hosts(
        {
            STATUS_URL: signed_list(ALICE, REVOKED, **dates),
            _SUSPENSIONS: signed_list(
                ALICE, SUSPENDED, url=_SUSPENSIONS, statusPurpose="suspension", **dates
            ),
            _BROKEN_LIST: {
                **signed_list(ALICE, url=_BROKEN_LIST, **dates),
                "validUntil": "2099-01-01T00:00:00Z",
            },
            **badges2.pages(),
            _WITHDRAWN: {"@context": badges2.CONTEXT, "type": "Assertion", "id": _WITHDRAWN, "revoked": True},
            _PICTURE: b"another picture than the one that was meant",
        }
    )


def good(now: datetime, by: SigningIssuer = ALICE, **changes: Any) -> dict[str, Any]:
    """An unsigned badge with a rubric, in force at `now`."""
    dates = {
        "validFrom": format_instant(now - timedelta(days=30)),
        "validUntil": format_instant(now + timedelta(days=700)),
    }
    document = badge(by) | dates | changes
    subject = copy.deepcopy(document["credentialSubject"])
    achievement = subject["achievement"]
    levels = f"{achievement['id']}#level"
    achievement["resultDescription"].append(
        {
            "id": f"{levels}s",
            "type": ["ResultDescription"],
            "name": "Mentoring practice",
            "resultType": "RubricCriterionLevel",
            "requiredLevel": f"{levels}2",
            "rubricCriterionLevel": [
                {
                    "id": f"{levels}{number}",
                    "type": ["RubricCriterionLevel"],
                    "name": name,
                    "level": str(number),
                    "description": said,
                }
                for number, (name, said) in enumerate(_LEVELS, 1)
            ],
        }
    )
    subject["result"].append(
        {"type": ["Result"], "resultDescription": f"{levels}s", "achievedLevel": f"{levels}2"}
    )
    return document | {"credentialSubject": subject} if "credentialSubject" not in changes else document


_LEVELS = (
    ("Developing", "Mentors well within one kind of situation."),
    ("Proficient", "Leads mentoring relations of different kinds from beginning to end."),
    ("Exemplary", "Shapes the programme, and supervises other mentors."),
)


def defects(now: datetime) -> Iterator[Defect]:
    """Everything that reads otherwise; the first is good, by an issuer that no list names."""
    sound = good(now)
    signed = ALICE.sign(sound, created=now - timedelta(days=1))
    no, unsure, strange = Verdict.NOT_VERIFIED, Verdict.NOT_CHECKED, Verdict.ISSUER_UNKNOWN

    def made(name: str, verdict: Verdict, tone: str, words: str, document: object, **more: str) -> Defect:
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        return Defect(name, verdict, tone, words, data, **more)

    def signed_with(**changes: Any) -> dict[str, Any]:
        return ALICE.sign(good(now, **changes), created=now - timedelta(days=1))

    def with_status(index: int, url: str = STATUS_URL, purpose: str = "revocation") -> dict[str, Any]:
        entry = status_entry(index, url=url, purpose=purpose)
        return signed_with(credentialStatus=entry)

    def dated(begins: int, ends: int) -> dict[str, Any]:
        dates = [format_instant(now + timedelta(days=days)) for days in (begins, ends)]
        return signed_with(validFrom=dates[0], validUntil=dates[1])

    yield made("unknown-issuer", strange, "signed", "who its issuer is was not established", signed)
    tampered = replaced(signed, ("credentialSubject", "achievement", "name"), "Professor")
    yield made("tampered", no, "bad", "its signature does not hold", tampered)
    forged = MALLORY.sign(sound, created=now - timedelta(days=1))
    yield made("wrong-key", no, "bad", "not signed with a key of the issuer", forged)
    yield made("no-signature", no, "bad", "It carries no signature", sound)
    unknown_suite = {**signed, "proof": {**signed["proof"], "cryptosuite": "x-rdfc-2030"}}
    yield made("unsupported-proof", unsure, "unknown", "could not be established", unknown_suite)
    nowhere = good(now, issuer={"id": "did:web:silent.example", "type": ["Profile"], "name": "Silent"})
    silent = {**nowhere, "proof": {**signed["proof"], "verificationMethod": "did:web:silent.example#1"}}
    yield made("host-unreachable", unsure, "unknown", "could not be established", silent)
    yield made("revoked", no, "bad", "revoked by its issuer", with_status(REVOKED))
    suspended = with_status(SUSPENDED, _SUSPENSIONS, "suspension")
    yield made("suspended", no, "attention", "suspended by its issuer", suspended)
    yield made("expired", no, "attention", "Genuine, expired on", dated(-700, -5))
    yield made("not-yet-valid", no, "attention", "in force only from", dated(5, 700))
    yield made(
        "status-unreachable",
        unsure,
        "unknown",
        "its status could not be checked",
        with_status(1, _SILENT_LIST),
    )
    yield made("status-invalid", no, "bad", "whether it still stands", with_status(1, _BROKEN_LIST))
    yield made(
        "structure-broken",
        no,
        "attention",
        "not in the form",
        signed_with(validFrom="the day before yesterday"),
    )
    yield made(
        "unreadable",
        no,
        "bad",
        "not a credential that can be read",
        b"Dear Sir or Madam, please find enclosed",
    )
    yield made("recipient", no, "bad", "not about the person", _for(now, HOLDER.did), recipient=ALICE.did)
    picture = {"id": _PICTURE, "type": "Image", "digestSRI": _WRONG_DIGEST}
    changed = good(now)
    changed["credentialSubject"]["achievement"]["image"] = picture
    yield made("resource", no, "bad", "a file that belongs to it was changed", ALICE.sign(changed))
    second = signed_with(id=f"{_BASE}/credentials/2", name="Second")
    yield made("presentation", strange, "signed", "Presented by the holder of", present(signed, second))
    yield made(
        "presentation-part-bad",
        no,
        "bad",
        "not everything in it is verified",
        present(signed, {**second, "name": "Professor"}),
    )
    taken_back = with_status(REVOKED)
    yield made("presentation-part-revoked", no, "bad", "not everything in it", present(second, taken_back))
    yield made(
        "record", strange, "signed", "who its issuer is was not established", _record(now, signed, second)
    )
    yield made("record-part-bad", no, "bad", "not every credential in it", _record(now, second, taken_back))
    yield made("assertion", strange, "signed", "who its issuer is was not established", badges2.assertion())
    withdrawn = badges2.assertion(id=_WITHDRAWN)
    yield made("assertion-revoked", no, "bad", "withdrawn from where its issuer kept it", withdrawn)
    yield made(
        "presentation-forged",
        no,
        "bad",
        "its signature does not hold",
        {**present(signed), "holder": HOLDER.did, "id": "urn:x:y"},
    )
    yield Defect(
        "link-unreachable",
        unsure,
        "unknown",
        "nothing was checked",
        url="https://unreachable.example/credential.json",
    )


def _for(now: datetime, recipient: str) -> Mapping[str, Any]:
    subject = {**good(now)["credentialSubject"], "id": recipient}
    subject.pop("identifier", None)
    return ALICE.sign(good(now, credentialSubject=subject), created=now - timedelta(days=1))


def _record(now: datetime, *held: Mapping[str, Any]) -> dict[str, Any]:
    """A record of learning (CLR 2.0) that holds `held`."""
    document = {
        "@context": [V2, _CLR, OB3],
        "id": f"{_BASE}/records/1",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Transcript",
        "issuer": {"id": ALICE.did, "type": ["Profile"], "name": "Example Academy"},
        "validFrom": format_instant(now - timedelta(days=1)),
        "credentialSubject": {"id": HOLDER.did, "type": ["ClrSubject"], "verifiableCredential": list(held)},
    }
    return ALICE.sign(document, created=now - timedelta(days=1))


def present(*credentials: Mapping[str, Any]) -> dict[str, Any]:
    """A presentation by HOLDER, signed for nobody in particular."""
    presentation = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": HOLDER.did,
        "verifiableCredential": list(credentials),
    }
    return {**presentation, "proof": HOLDER.prove(presentation, proofPurpose="authentication")}
