"""Eligibility: credentials of any issuers compared with a role profile, as an API call and a page.

As for verification, no key is needed: anyone who has the credentials may ask. Nothing submitted is stored.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint as PageBlueprint
from flask import Response, request

from credserv.frameworks.crosswalk import Link, parse_crosswalk, read_crosswalk
from credserv.frameworks.profile import RoleProfile, parse_profile
from credserv.ground.addresses import is_web_address
from credserv.ground.canonical_json import write_answer
from credserv.ground.encoding import format_instant
from credserv.ground.errors import CredservError, InputError, NotFoundError, SchemaFaultsError, TooLargeError
from credserv.ground.strict_json import MAX_DEPTH, MAX_MEMBERS, parse_json, to_utf8
from credserv.journeys.accredit.register import is_public
from credserv.journeys.accredit.skill_mentors import name_mentors
from credserv.journeys.check.another_time import at_another_time
from credserv.journeys.check.check import Question
from credserv.journeys.check.eligibility import assess, tell_eligibility
from credserv.journeys.check.many import MAX_INPUTS, Submitted
from credserv.journeys.define.frameworks import known_links
from credserv.journeys.define.role_profiles import list_profiles, require_profile, with_labels
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body, door
from credserv.web.frame.limits import MAX_BATCH_BYTES, body_bytes, spend, spend_rest
from credserv.web.frame.problems import flatten_messages, kind_of
from credserv.web.frame.rendering import install, page
from credserv.web.frame.strict import Blueprint
from credserv.web.verify import api_docs as docs
from credserv.web.verify.page import MAX_FORM_PARTS, read_form
from credserv.web.verify.shapes import EligibilityAnswer, EligibilityPayload
from credserv.web.verify.submissions import read_item

bp = Blueprint("eligibility", __name__, url_prefix="/api/v1", description="For programs; no key is needed.")
blueprint = PageBlueprint("eligible", __name__)
blueprint.record_once(install)

_SHAPE = EligibilityPayload()
_MAX_FILE_BYTES = 4_194_304


@bp.route("/eligibility", methods=["POST"], tags=["Verification"])
@door(budget="verify", machine=True, any_site=True, body=Body.BATCH)
@bp.doc(requestBody=docs.ELIGIBILITY)
@bp.doc(operationId="judgeEligibility")
@bp.response(200, EligibilityAnswer, description="Each skill of the profile, with its answer.")
def post_eligibility() -> Response:
    """Judge for each skill of a role profile whether credentials meet it; no key is needed.

    Each skill is *met*, *met through a crosswalk*, *unknown*, *level too low*, *expired* or *missing*,
    with the reason and the credentials. Every credential is verified first, and counts against the rate
    limit.
    """
    document = parse_json(
        body_bytes(),
        max_bytes=MAX_BATCH_BYTES,
        max_depth=MAX_DEPTH + 2,
        max_members=MAX_INPUTS * MAX_MEMBERS,
    )
    faults = flatten_messages(_SHAPE.validate(document))
    if faults:
        raise SchemaFaultsError("This is nothing that eligibility can be judged of.", faults=faults)
    asked: dict[str, Any] = _SHAPE.load(document)
    spend_rest("verify", len(asked["credentials"]))
    question = Question(recipient=asked.get("recipient"), organisation=asked.get("organisation", ""))
    items = [_submitted(entry, index, question) for index, entry in enumerate(asked["credentials"])]
    answer = _judge(
        _profile(asked["profile"], asked.get("role", "")),
        items,
        parse_crosswalk(asked.get("crosswalk", [])),
        at=asked.get("at"),
        count_unlisted=asked.get("count_unlisted", False),
        with_mentors=asked.get("mentors", False),
    )
    return Response(write_answer(answer), mimetype="application/json")


def _submitted(entry: Any, index: int, question: Question) -> Submitted:
    """Return a credential or presentation as it is, a link, or what `/api/v1/verify` accepts."""
    name = str(index + 1)
    if isinstance(entry, str):
        if is_web_address(entry):
            return Submitted(name, url=entry, question=question)
        return Submitted(name, data=entry.encode(), question=question)
    if isinstance(entry, dict) and ("@context" in entry or "type" in entry):
        return Submitted(name, data=json.dumps(entry, ensure_ascii=False).encode(), question=question)
    return read_item(entry, name, question)


def _profile(value: Any, role: str) -> RoleProfile:
    return require_profile(services(), value) if isinstance(value, str) else parse_profile(value, role=role)


def _judge(
    profile: RoleProfile,
    items: list[Submitted],
    links: tuple[Link, ...],
    *,
    at: Any = None,
    count_unlisted: bool,
    with_mentors: bool,
) -> dict[str, Any]:
    """Judge with the links given and those stored here.

    Args:
        with_mentors: as of now, from the public register, searched no faster than people can read it.
    """
    if with_mentors:
        if not is_public(services()):
            raise NotFoundError("there is no register of mentors here that everybody can see")
        spend("register")
    own, instant = services(), at or now()
    judging = own if at is None else at_another_time(own)
    kept = known_links(own, [skill.uri for skill in profile.skills])
    assessed = assess(
        judging,
        with_labels(own, profile),
        items,
        now=instant,
        crosswalk=dict.fromkeys((*links, *kept)),
        count_unlisted=count_unlisted,
    )
    told = {**tell_eligibility(assessed), "checked_at": format_instant(instant)}
    return name_mentors(own, told, now()) if with_mentors else told


# --- the page -------------------------------------------------------------------------------------


@blueprint.get("/eligibility")
@door()
def form() -> Response:
    return _form()


@blueprint.post("/eligibility")
@door(budget="verify", body=Body.BATCH, parts=MAX_FORM_PARTS)
def result() -> Response:
    """Show a printable sheet. Each credential counts against the budget."""
    try:
        items = read_form()
        if not items:
            raise InputError("give at least one credential: a file, a link or its text")
        profile, links = _form_profile(), _form_links()
    except InputError as error:
        return _form(error)
    spend_rest("verify", len(items))
    count_unlisted = "count_unlisted" in request.form
    return page(
        "verify/eligibility_sheet.html",
        private=True,
        told=_judge(
            profile, items, links, count_unlisted=count_unlisted, with_mentors="mentors" in request.form
        ),
        count_unlisted=count_unlisted,
        recipient=request.form.get("recipient", "").strip(),
    )


def _form_profile() -> RoleProfile:
    """Return the profile; a file takes precedence over a choice."""
    data = _form_file("profile_file")
    if data:
        value = parse_json(to_utf8(data), max_bytes=_MAX_FILE_BYTES)
        return parse_profile(value, role=request.form.get("role", "").strip())
    key = request.form.get("profile", "")
    if not key:
        raise InputError("choose a role profile, or the file of one")
    return require_profile(services(), key)


def _form_links() -> tuple[Link, ...]:
    data = _form_file("crosswalk_file")
    return read_crosswalk(data) if data else ()


def _form_file(name: str) -> bytes:
    """Return the file; empty where none is given. Raises TooLargeError."""
    file = request.files.get(name)
    data = file.stream.read(_MAX_FILE_BYTES + 1) if file is not None and file.filename else b""
    if len(data) > _MAX_FILE_BYTES:
        raise TooLargeError(f"a role profile or a crosswalk may have {_MAX_FILE_BYTES} bytes")
    return data


def _form(error: CredservError | None = None) -> Response:
    return page(
        "verify/eligibility.html",
        status=200 if error is None else kind_of(type(error)).status,
        profiles=list_profiles(services()),
        has_mentors=is_public(services()),
        chosen=request.values.get("profile", ""),
        error=error,
    )
