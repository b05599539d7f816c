"""Judge what a wallet answers like anything else that is shown, and compare it with the request.

Only what the holder signed for this very request counts as shown by the holder (attacks 84 to 86).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.exchange.dcql import OPEN_BADGE_VCT
from credserv.exchange.oid4vp import Response, read_response, require_asked
from credserv.frameworks.crosswalk import parse_crosswalk
from credserv.frameworks.eligibility import judge_eligibility
from credserv.frameworks.profile import parse_profile
from credserv.ground.errors import ConflictError, InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Outcome
from credserv.journeys.check.asking import KEPT_FOR, Wanted, open_request, read_wanted, write_wanted
from credserv.journeys.check.check import Checked, Kind, Question, check_document
from credserv.journeys.check.eligibility import Assessed, all_shown, tell_eligibility
from credserv.journeys.check.reports.content import without_content
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.services import Services
from credserv.openbadges.data_model import subjects_of
from credserv.openbadges.structure import types_of
from credserv.proof.tokens.jwe import decrypt_object
from credserv.records.presentations import PresentationRequest
from credserv.verifying.presentation import is_presentation

_BADGES = frozenset({"OpenBadgeCredential", "AchievementCredential", OPEN_BADGE_VCT})


def take_answer(
    services: Services,
    request_id: str,
    fields: Mapping[str, str],
    *,
    now: datetime,
    count: Callable[[int], object],
) -> None:
    """Judge what a wallet posted, and store the findings for the verifier.

    Args:
        count: Called with how many presentations it holds before any is judged; may refuse them.

    Raises:
        NotFoundError: There is no such request.
        ConflictError: It was answered before.
        InputError: This does not answer the request, which stays open.
        UnavailableError: It cannot be established now who presents it.
    """
    request = open_request(services, request_id, now)
    response = _read(request, fields)
    if response.state != request.state:
        raise InputError("state is not that of this request")
    wanted = read_wanted(request.wanted)
    if response.error:
        _settle(services, request, now, declined=response.error)
        return
    require_asked(wanted.query, response)
    shown = [one for listed in response.shown.values() for one in listed]
    count(len(shown))
    judged = [_judge(services, request, wanted, one, now) for one in shown]
    answer: dict[str, Any] = {"shown": [_tell(one, now) for one in judged]}
    if wanted.profile is not None:
        answer["eligibility"] = _hold_against(wanted, wanted.profile, judged)
    _settle(services, request, now, answer=answer)


def _read(request: PresentationRequest, fields: Mapping[str, str]) -> Response:
    """Read the response. If encryption was requested, only an error may come unencrypted (section 8.2)."""
    if not request.decryption_key or "error" in fields:
        return read_response(fields)
    if "response" not in fields:
        raise InputError("this request asks for an encrypted answer")
    return read_response(decrypt_object(fields["response"], request.decryption_key))


def _settle(
    services: Services,
    request: PresentationRequest,
    now: datetime,
    *,
    answer: JsonObject | None = None,
    declined: str = "",
) -> None:
    left = write_wanted(replace(read_wanted(request.wanted), recipient="", profile=None, crosswalk=()))
    if not services.store.presentation_requests.settle(
        request.id, now, ends_at=now + KEPT_FOR, wanted=left, answer=answer, declined=declined
    ):
        raise ConflictError("this request was answered already: ask for a new one")


# --- judging --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """A judged answer.

    Attributes:
        is_bound: Whether it was proven that the presenter is the person it was issued to.
    """

    checked: Checked
    is_bound: bool


def _judge(
    services: Services, request: PresentationRequest, wanted: Wanted, one: str | JsonObject, now: datetime
) -> Judged:
    signed = _is_signed_by_holder(one)
    if wanted.is_bound and not signed:
        raise InputError("it comes without the signature of its holder, for which this request asks")
    question = Question(
        recipient=wanted.recipient or None,
        challenge=request.nonce if signed else None,
        domain=request.client_id if signed else None,
    )
    checked = check_document(services, one, now=now, question=question)
    if signed:
        _require_holder(checked)
    held = checked.within if checked.kind is Kind.PRESENTATION else (checked,)
    if not held or not all(credential.credential for credential in held):
        raise InputError("it holds no credential, or one that cannot be read")
    for credential in held:
        _require_wanted(credential, wanted)
    bound = signed and (checked.kind is not Kind.PRESENTATION or all(map(_is_about_holder, held)))
    if wanted.is_bound and not bound:
        raise InputError(
            "who presents it is not who it is about, and this request asks for badges that are bound to "
            "the key of their holder"
        )
    return Judged(checked, bound)


def _is_signed_by_holder(one: str | JsonObject) -> bool:
    return is_presentation(one) or (isinstance(one, str) and "~" in one and not one.endswith("~"))


def _require_holder(checked: Checked) -> None:
    """Require that the presenter signed for this request; otherwise nothing was answered."""
    proof = checked.result.check("proof") or checked.result.check("parse")
    if proof is not None and proof.outcome is Outcome.UNKNOWN:
        raise UnavailableError(proof.reason)
    if proof is None or proof.outcome is not Outcome.PASSED or not checked.established:
        raise InputError(proof.reason if proof else "there is no proof of its holder")


def _is_about_holder(credential: Checked) -> bool:
    return credential.result.passed("holder")


def _require_wanted(credential: Checked, wanted: Wanted) -> None:
    """Require what was asked for. Anything else is no answer, however valid it is."""
    document = credential.credential
    if types_of(document).isdisjoint(_BADGES):
        raise InputError("what is shown is no Open Badge")
    if wanted.achievements and _achievements(document).isdisjoint(wanted.achievements):
        raise InputError("what is shown is another badge than was asked for")


def _achievements(document: JsonObject) -> set[str]:
    found = (subject.get("achievement") for subject in subjects_of(document))
    return {str(one.get("id")) for one in found if isinstance(one, Mapping)}


# --- the report --------------------------------------------------------------------------------------


def _tell(judged: Judged, now: datetime) -> JsonObject:
    """Return the report to store: verdicts, but not what the badges say of a person."""
    return {"report": without_content(build_report(judged.checked, now=now)), "is_bound": judged.is_bound}


def _hold_against(wanted: Wanted, profile: JsonObject, judged: Sequence[Judged]) -> JsonObject:
    shown = tuple(
        one
        for number, each in enumerate(judged, 1)
        for one in all_shown(each.checked, str(number), count_unlisted=False)
    )
    links = parse_crosswalk(list(wanted.crosswalk))
    return tell_eligibility(Assessed(judge_eligibility(parse_profile(profile), shown, links), shown, ()))
