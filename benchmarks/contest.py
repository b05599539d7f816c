"""Ours and the peers: checked against each other, then measured in turns, all on one core.

The figure is CPU time for one operation, the median over all turns; the turns of all stacks alternate, so a
machine that slows down does so for all of them. No stack is given one credential twice (`variants`).
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
from benchmarks.variants import Variants

OURS, FLOOR = "credserv", "floor"
DIGITALBAZAAR, JOSE, OXIGRAPH = "@digitalbazaar/vc", "jose", "pyoxigraph"
_DIDKIT = "openedx-didkit"
_RDFC, _JCS, _JWT = ("sign", "verify"), ("sign_jcs", "verify_jcs"), ("sign_jwt", "verify_jwt")
_WARM_MILLISECONDS, _TURN_MILLISECONDS, _MOST_IN_A_TURN = 400.0, 60.0, 128
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
        "sign_strange",
        "verify_strange",
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
        _check_each_other(stacks, reference, signed, contest)
        with _supply(reference) as supply:
            contest.milliseconds = _measure(stacks, supply, rounds)
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


class Supply:
    """Credentials that no stack has seen, signed where they are to be verified.

    Ours are signed by a process that is not measured, so that the one that is has seen none of them.
    """

    def __init__(self, reference: Reference, maker: Stack) -> None:
        self._variants = Variants(reference.document)
        self._maker = maker

    def inputs(self, entrant: Entrant, stack: Stack, operation: str, number: int) -> list[dict[str, Any]]:
        """What the operation of the stack is given, `number` times."""
        if entrant.name == FLOOR or operation.startswith("template"):
            return [{}] * number
        documents = self._variants.take(number, strange=operation.endswith("_strange"))
        unsigned = [{"document": document} for document in documents]
        if operation.startswith("sign"):
            return unsigned
        made_by = (
            operation.removesuffix("_strange").replace("verify_proof", "verify").replace("verify", "sign")
        )
        signer = stack if operation in _OWN_FORMS.get(entrant.name, ()) else self._maker
        signed = signer.ask_each(made_by, unsigned)
        if entrant.name == OURS and operation in ("verify", "verify_strange"):
            return [{"text": json.dumps(document)} for document in signed]
        return [{"document": document} for document in signed]


@contextmanager
def _supply(reference: Reference) -> Iterator[Supply]:
    with running(our_python("ours")) as maker:
        maker.ask("hold", **reference.held, document=reference.document)
        yield Supply(reference, maker)


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


def _measure(stacks: Stacks, supply: Supply, rounds: int) -> dict[tuple[str, str], float]:
    lanes = [(entrant, stack, operation) for entrant, stack in stacks for operation in entrant.operations]
    numbers = {
        (entrant.name, operation): _warm_up(supply, entrant, stack, operation)
        for entrant, stack, operation in lanes
    }
    times: dict[tuple[str, str], list[float]] = {lane: [] for lane in numbers}
    for _ in range(rounds):
        for entrant, stack, operation in lanes:
            lane = (entrant.name, operation)
            times[lane] += stack.time(operation, supply.inputs(entrant, stack, operation, numbers[lane]))
    return {lane: statistics.median(taken) for lane, taken in times.items()}


def _warm_up(supply: Supply, entrant: Entrant, stack: Stack, operation: str) -> int:
    """Compilers warm up; returns how often the operation fits into a turn."""
    spent, number = 0.0, 3
    while spent < _WARM_MILLISECONDS:
        taken = stack.time(operation, supply.inputs(entrant, stack, operation, number))
        spent += sum(taken)
        number = _fitting(_TURN_MILLISECONDS, statistics.median(taken))
    return number


def _fitting(milliseconds: float, each: float) -> int:
    return max(2, min(_MOST_IN_A_TURN, round(milliseconds / max(each, 0.001))))


__all__ = ["DIGITALBAZAAR", "FLOOR", "JOSE", "OURS", "OXIGRAPH", "Contest", "StackError", "hold"]
