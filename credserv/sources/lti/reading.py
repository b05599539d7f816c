"""LTI 1.3: who launched what, who is in a course (NRPS 2.0), and what the gradebook says (AGS 2.0).

A launch says who somebody is, and nothing they did. `sub` and `user_id` are the same name within the
platform; an e-mail address or a name is present only where the platform shares it. Blank text counts as
absent: Moodle sends `person_sourcedid: ""` for people without one. A platform's answers do not repeat its
issuer, which is in the source's option `issuer`.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import decode_base64url, parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut, one_line
from credserv.ground.strict_json import parse_json
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)
from credserv.sources.adapter import Answer, Message, Outcome, Reading, Unread

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_NAMESPACE = uuid.UUID("7d0c5a3e-5f44-5b7e-8a1b-0a4b8f1f9d13")
_TOKEN = re.compile(rb"[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")
_COURSES = ("courseoffering", "coursesection", "coursetemplate")
_NOT_LTI = "no LTI launch, membership list or result list"
_MAX_CHARS = 2_000
_MAX_BYTES = 4_194_304  # a page of members
_MAX_MEMBERS = 200_000


def read_message(message: Message, options: JsonObject) -> Reading:
    """Read a launch (its claims, or the token), a container of members, or a list of results.

    The token is not verified here; the endpoint does that. Raises InputError.
    """
    value = _parse(message.body)
    if isinstance(value, Mapping) and isinstance(value.get("claims"), Mapping):
        value = value["claims"]
    issuer = _text(options.get("issuer")) or _text(_object(options.get("lti")).get("issuer"))
    if isinstance(value, Mapping) and any(str(name).startswith(CLAIM) for name in value):
        return _reading([_read_launch(value)], "a launch names nobody: it was made without `sub`")
    if isinstance(value, Mapping) and isinstance(value.get("members"), list):
        members = [one for one in value["members"] if isinstance(one, Mapping)]
        course = _course(value.get("context"))
        return _reading(
            [_read_member(one, course, issuer) for one in members], "a member without `user_id` is nobody"
        )
    results = value if isinstance(value, list) else [value]
    if all(isinstance(one, Mapping) and "userId" in one for one in results):
        return Reading(tuple(_read_results(results, issuer)))
    raise InputError(_NOT_LTI)


def read_claims(message: Message) -> JsonObject:
    """Return the claims of a launch, unverified. Raises InputError."""
    value = _parse(message.body)
    if not isinstance(value, Mapping):
        raise InputError(_NOT_LTI)
    return value


def answer(_message: Message, reading: Reading | None, _outcome: Outcome) -> Answer:
    """Answer nothing: a launch gets a page, and fetched content needs no answer."""
    return Answer(400 if reading is None else 200)


def _parse(body: bytes) -> Any:
    text = body.strip()
    if b"id_token=" in text and not text.startswith((b"{", b"[")):
        found = parse_qs(text.decode("ascii", "replace")).get("id_token", [""])
        text = found[0].encode()
    token = _TOKEN.fullmatch(text)
    content = decode_base64url(token[1].decode()) if token else text
    return parse_json(content, exact=True, max_bytes=_MAX_BYTES, max_members=_MAX_MEMBERS)


def _reading(found: Sequence[Observation], why: str) -> Reading:
    known = tuple(one for one in found if one.people)
    return Reading(known, (Unread("", why),) if len(known) < len(found) else ())


def _read_launch(claims: Mapping[str, Any]) -> Observation:
    issuer, subject = _text(claims.get("iss")), _text(claims.get("sub"))
    lis, ext = _object(claims.get(CLAIM + "lis")), _object(claims.get(CLAIM + "ext"))
    course = _course(claims.get(CLAIM + "context"))
    people = _people(
        issuer,
        subject,
        sourced_id=lis.get("person_sourcedid"),
        username=ext.get("user_username"),
        email=claims.get("email"),
    )
    said = [issuer, claims.get(CLAIM + "deployment_id"), subject, claims.get("nonce"), claims.get("iat")]
    return Observation(
        event_id=_derive("launch", said),
        event_type=_text(claims.get(CLAIM + "message_type")) or "launch",
        kind=Kind.IDENTITY,
        people=people,
        activities=course,
        occurred_at=_epoch(claims.get("iat")),
        name=_name(claims.get("name")),
    )


def _read_member(
    member: Mapping[str, Any], course: tuple[ActivityReference, ...], issuer: str | None
) -> Observation:
    """Read a member (NRPS 2.0, section 2.2). Moodle adds `ext_user_username`."""
    user = _text(member.get("user_id"))
    people = _people(
        issuer,
        user,
        sourced_id=member.get("lis_person_sourcedid"),
        username=member.get("ext_user_username"),
        email=member.get("email"),
    )
    said = [course[0].value if course else None, *([one.kind, one.value, one.home] for one in people)]
    return Observation(
        event_id=_derive("member", said),
        event_type="membership",
        kind=Kind.IDENTITY,
        people=people if user is not None else (),
        activities=course,
        name=_name(member.get("name")),
    )


def _read_results(results: Sequence[Mapping[str, Any]], issuer: str | None) -> Iterator[Observation]:
    """Yield results (AGS 2.0, sections 3.3 and 3.4). One without a score says nothing yet."""
    for result in results:
        raw = _number(result.get("resultScore", result.get("scoreGiven")))
        most = _number(result.get("resultMaximum", result.get("scoreMaximum")))
        people = _people(issuer, _text(result.get("userId")))
        if raw is None or not people:
            continue
        item = _text(result.get("scoreOf"))
        scorer = _people(issuer, _text(result.get("scoringUserId")))
        is_final = result.get("gradingProgress", "FullyGraded") == "FullyGraded"
        said = [result.get(name) for name in ("id", "scoreOf", "userId", "timestamp")] + [str(raw), str(most)]
        yield Observation(
            event_id=_derive("result", said),
            event_type="result" if "resultScore" in result else "score",
            kind=Kind.GRADED if is_final else Kind.PROGRESS,
            people=people,
            activities=() if item is None else (ActivityReference(ActivityKind.ASSESSMENT, item),),
            occurred_at=_instant(result.get("timestamp")),
            raw=raw,
            max=most,
            asserted_by=next(iter(scorer), None),
            flags=("the score is above its maximum",) if most is not None and raw > most else (),
        )


def _people(
    issuer: str | None,
    subject: str | None,
    *,
    sourced_id: object = None,
    username: object = None,
    email: object = None,
) -> tuple[PersonReference, ...]:
    found: list[PersonReference] = []
    if subject is not None:
        found.append(PersonReference(PersonKind.OIDC, subject, issuer))
    for kind, value in (
        (PersonKind.SIS_ID, sourced_id),
        (PersonKind.USERNAME, username),
        (PersonKind.EMAIL, email),
    ):
        text = _text(value)
        if text is not None:
            found.append(PersonReference(kind, text))
    return tuple(found)


def _course(context: object) -> tuple[ActivityReference, ...]:
    """Return the course of a launch or of a list of members."""
    found = _object(context)
    identifier = _text(found.get("id"))
    if identifier is None:
        return ()
    types = found.get("type")
    words = [str(one).rpartition("#")[2].lower() for one in types] if isinstance(types, list) else []
    kind = ActivityKind.COURSE if any(word in _COURSES for word in words) else ActivityKind.ACTIVITY
    return (ActivityReference(kind, identifier, _text(found.get("title")) or _text(found.get("label"))),)


def _derive(what: str, said: Sequence[object]) -> str:
    """Derive an id, which senders do not give: the same statement has the same id."""
    plain = [str(one) if isinstance(one, Decimal) else one for one in said]
    digest = hashlib.sha256(canonize_json({"what": what, "said": plain})).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, digest))


def _epoch(value: object) -> datetime | None:
    seconds = _number(value)
    if seconds is None or not 0 <= seconds < 253_402_300_800:  # the year 10000
        return None
    return datetime.fromtimestamp(float(seconds), UTC)


def _instant(value: object) -> datetime | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except InputError:
        return None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def _name(value: object) -> str | None:
    return cut(one_line(value).strip(), 200) or None if isinstance(value, str) else None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() and len(value) <= _MAX_CHARS else None
