"""The leaf that requires a credential which the person already holds."""

from __future__ import annotations

from credserv.mastery.facts import PriorCredential
from credserv.mastery.known import MET, Judged, Known
from credserv.mastery.rule import Held
from credserv.mastery.verdict import Answer, LeafVerdict


def judge_held(leaf: Held, known: Known) -> LeafVerdict:
    """Judge the leaf."""
    judged = [(one, _judge(leaf, one, known)) for one in known.credentials if leaf.is_for(one)]
    for wanted in (Answer.MET, Answer.UNKNOWN, Answer.NOT_MET):
        for credential, (answer, missing) in judged:
            if answer is wanted:
                return LeafVerdict(leaf, answer, credentials=(credential.id,), missing=missing)
    what = leaf.achievement or leaf.alignment
    return LeafVerdict(leaf, Answer.UNKNOWN, missing=f"hold a credential for {what}")


def _judge(leaf: Held, credential: PriorCredential, known: Known) -> Judged:
    if not credential.is_in_force:
        return Answer.NOT_MET, f"{credential.id} is revoked or suspended"
    if leaf.not_expired and credential.valid_until is not None and credential.valid_until <= known.now:
        return Answer.NOT_MET, f"{credential.id} has expired"
    if not _counts(leaf.issuer, credential):
        return Answer.NOT_MET, f"the issuer of {credential.id} does not count here"
    return MET if leaf.level_at_least is None else _judge_level(leaf.level_at_least, credential)


def _judge_level(least: str, credential: PriorCredential) -> Judged:
    if credential.levels is None:
        return Answer.UNKNOWN, f"{credential.id} tells no level"
    if any(least in (level, "#" + level.rpartition("#")[2]) for level in credential.levels):
        return MET
    return Answer.NOT_MET, f"{credential.id} is below the level {least}"


def _counts(issuer: str, credential: PriorCredential) -> bool:
    is_ours = credential.achievement_key is not None
    if issuer == "ours":
        return is_ours
    return is_ours or credential.is_trusted if issuer == "trusted" else credential.issuer == issuer
