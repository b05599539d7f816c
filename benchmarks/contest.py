"""Ours and the peers: checked against each other, then measured in turns, all on one core.

The figure is CPU time for one operation, the median over all turns; the turns of all stacks alternate, so a
machine that slows down does so for all of them.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.processes import Stack, StackError, node, our_python, peers_python, running
from benchmarks.reference import Reference

OURS, FLOOR = "credserv", "floor"
DIGITALBAZAAR, JOSE, OXIGRAPH = "@digitalbazaar/vc", "jose", "pyoxigraph"
_DIDKIT = "openedx-didkit"
_RDFC, _JCS, _JWT = ("sign", "verify"), ("sign_jcs", "verify_jcs"), ("sign_jwt", "verify_jwt")
_WARM_MILLISECONDS, _TURN_MILLISECONDS = 400.0, 60.0
# Forms that nobody else here reads: such a stack verifies what it signed itself.
_OWN_FORMS = {
    "openvc-core": frozenset(_JWT),
    "openbadgeslib": frozenset(_JWT),
    _DIDKIT: frozenset({*_RDFC, *_JWT}),
}
# What we rightly refuse, and why (VC Data Integrity EdDSA Cryptosuites 1.0, section 3.3.1, step 2).
_REFUSED = {("openvc-core", "sign_jcs"): "it signs the proof's @context, and then leaves it out of the proof"}


@dataclass(frozen=True)
class Entrant:
    """A stack that takes part, and in what."""

    name: str
    command: Sequence[str]
    operations: Sequence[str]


def entrants(*, with_optional: bool) -> tuple[Entrant, ...]:
    ours = (
        *_RDFC,
        "template_issue",
        "template_checked",
        "verify_proof",
        *_JCS[:1],
        "verify_proof_jcs",
        *_JWT,
    )
    found = [
        Entrant(OURS, our_python("ours"), ours),
        Entrant(FLOOR, our_python("floor"), _RDFC),
        Entrant(DIGITALBAZAAR, node("digitalbazaar.mjs"), (*_RDFC, *_JCS)),
        Entrant("@digitalcredentials/vc", node("digitalcredentials.mjs"), _RDFC),
        Entrant(JOSE, node("jose.mjs"), _JWT),
        Entrant("openvc-core", peers_python("openvc_core"), (*_RDFC, *_JCS, *_JWT)),
        Entrant("openbadgeslib", peers_python("openbadges_lib"), (*_RDFC, *_JWT)),
        Entrant("PyLD and cryptography", peers_python("pyld_plain"), (*_RDFC, *_JCS, *_JWT)),
        Entrant(OXIGRAPH, peers_python("oxigraph"), _RDFC),
    ]
    if with_optional:
        found.append(Entrant(_DIDKIT, peers_python("didkit_rust"), (*_RDFC, *_JWT)))
    return tuple(found)


@dataclass
class Contest:
    """milliseconds: median, by stack and operation. accepted: who accepted whose, in words."""

    milliseconds: dict[tuple[str, str], float] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)

    def ratio(self, slow: tuple[str, str], fast: tuple[str, str]) -> float:
        return self.milliseconds[slow] / self.milliseconds[fast]


def hold(reference: Reference, quads: str, *, with_optional: bool, rounds: int) -> Contest:
    """Run it. quads: the reference's canonical form, for the floor. Raises StackError."""
    contest = Contest()
    with _started(entrants(with_optional=with_optional)) as stacks:
        signed = _prepare(stacks, reference, quads)
        inputs = _inputs(stacks, reference, signed)
        _check_each_other(stacks, reference, signed, contest)
        contest.milliseconds = _measure(stacks, inputs, rounds)
        contest.megabytes = {
            entrant.name: stack.megabytes() for entrant, stack in stacks if entrant.name != FLOOR
        }
    return contest


Stacks = Sequence[tuple[Entrant, Stack]]


@contextmanager
def _started(wanted: Sequence[Entrant]) -> Iterator[Stacks]:
    with ExitStack() as opened:
        yield [(entrant, opened.enter_context(running(entrant.command))) for entrant in wanted]


def _prepare(stacks: Stacks, reference: Reference, quads: str) -> Mapping[str, Any]:
    """Everyone is given what it holds; returns what we sign, by operation."""
    document = reference.document
    _, ours = next(pair for pair in stacks if pair[0].name == OURS)
    ours.ask("hold", **reference.held, document=document)
    signed = {name: ours.ask(name, document=document) for name in ("sign", "sign_jcs", "sign_jwt")}
    text = json.dumps(signed["sign"])
    for entrant, stack in stacks:
        if entrant.name == FLOOR:
            stack.ask("hold", **reference.held, quads=quads, text=text)
        elif entrant.name != OURS:
            stack.ask("hold", **reference.held)
    return signed


def _inputs(stacks: Stacks, reference: Reference, signed: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """What each operation of each stack is given."""
    inputs: dict[tuple[str, str], Any] = {}
    for entrant, stack in stacks:
        for operation in entrant.operations:
            if operation.startswith(("sign", "template")):
                inputs[entrant.name, operation] = {"document": reference.document}
                continue
            made_by = operation.replace("verify_proof", "verify").replace("verify", "sign")
            own_form = operation in _OWN_FORMS.get(entrant.name, ())
            made = stack.ask(made_by, document=reference.document) if own_form else signed[made_by]
            inputs[entrant.name, operation] = {"document": made, "text": json.dumps(made)}
    return inputs


def _check_each_other(
    stacks: Stacks, reference: Reference, signed: Mapping[str, Any], contest: Contest
) -> None:
    """Without this, comparing would mean nothing. Raises StackError when one refuses the other's."""
    ours = next(stack for entrant, stack in stacks if entrant.name == OURS)
    for entrant, stack in stacks:
        exchanged = [] if entrant.name in (OURS, FLOOR) else [*entrant.operations]
        for sign, verify in (pair for pair in (_RDFC, _JCS, _JWT) if pair[0] in exchanged):
            if sign in _OWN_FORMS.get(entrant.name, ()):
                contest.accepted.append(f"{entrant.name}, {sign}: a form of its own, which is not exchanged")
                continue
            stack.ask(verify, document=signed[sign])
            theirs = stack.ask(sign, document=reference.document)
            why = _REFUSED.get((entrant.name, sign))
            _we_judge(ours, verify, theirs, refused=why is not None)
            said = f"it takes ours, and we refuse its own: {why}" if why else "both ways"
            contest.accepted.append(f"{entrant.name}, {sign}: {said}")


def _we_judge(ours: Stack, verify: str, theirs: Any, *, refused: bool) -> None:
    checks = {"verify": ("verify", "verify_proof"), "verify_jcs": ("verify_proof_jcs",)}.get(
        verify, (verify,)
    )
    for check in checks:
        try:
            ours.ask(check, document=theirs, text=json.dumps(theirs))
        except StackError:
            if not refused:
                raise
        else:
            if refused:
                raise StackError(f"{check} accepts what it was said to refuse")


def _measure(
    stacks: Stacks, inputs: Mapping[tuple[str, str], Any], rounds: int
) -> dict[tuple[str, str], float]:
    lanes = [(entrant, stack, operation) for entrant, stack in stacks for operation in entrant.operations]
    counts = {
        (entrant.name, operation): _warm_up(stack, operation, inputs[entrant.name, operation])
        for entrant, stack, operation in lanes
    }
    times: dict[tuple[str, str], list[float]] = {lane: [] for lane in counts}
    for _ in range(rounds):
        for entrant, stack, operation in lanes:
            lane = (entrant.name, operation)
            times[lane] += stack.time(operation, count=counts[lane], **inputs[lane])
    return {lane: statistics.median(taken) for lane, taken in times.items()}


def _warm_up(stack: Stack, operation: str, given: Mapping[str, Any]) -> int:
    """Compilers warm up; returns how often the operation fits into a turn."""
    first = min(stack.time(operation, count=3, **given))
    taken = statistics.median(stack.time(operation, count=_fitting(_WARM_MILLISECONDS, first), **given))
    return _fitting(_TURN_MILLISECONDS, taken)


def _fitting(milliseconds: float, each: float) -> int:
    return max(2, min(400, round(milliseconds / max(each, 0.001))))


__all__ = ["DIGITALBAZAAR", "FLOOR", "JOSE", "OURS", "OXIGRAPH", "Contest", "StackError", "hold"]
