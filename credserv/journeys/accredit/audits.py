"""Audits: draw a sample of the accreditations in force that nobody can steer and anyone can recompute.

1. commit, before the period: publish the SHA-256 of a seed that nobody knows yet
2. freeze, at its end: record for good who was in force, and publish it
3. reveal, only after that: the seed draws the sample (accreditation/draw.py)
4. an auditor who has no part in the case records the finding for each (findings.py)

If the seed were known before the freeze, whoever grants could choose who is in the population. If it were
made afterwards, whoever draws could try out seeds.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from credserv.accreditation.draw import commitment, draw
from credserv.accreditation.life import stands
from credserv.accreditation.programme import AuditRule
from credserv.accreditation.recompute import SEED
from credserv.ground.errors import ConflictError, Fault, NotFoundError, SchemaFaultsError, TooLateError
from credserv.ground.json_types import JsonObject
from credserv.journeys.accredit.news import News, queue_news
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.audits import AuditedCase, AuditPeriod

_DEFAULT = AuditRule(share=0.1, minimum=2)  # ICF and PMI publish no rate; ICC audits 10 % a month
_SEED_BYTES = 32
_PERIOD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_MINIMUM = 1_000_000


@dataclass(frozen=True)
class Wish:
    """The parameters of a commitment.

    Attributes:
        sha256: Of a seed made elsewhere; None if the service makes the seed.
        share: The share of the population to draw, 0 to 1; None for the programme's rule.
        minimum: How many to draw at least; None for the programme's rule.
        begins_on: The first day of the period. The commitment has to come before it.
    """

    sha256: str | None = None
    share: float | None = None
    minimum: int | None = None
    begins_on: date | None = None


@dataclass(frozen=True)
class Audit:
    """A period with its cases.

    Attributes:
        cases: The whole population; empty until it is frozen.
    """

    record: AuditPeriod
    cases: tuple[AuditedCase, ...] = ()

    @property
    def drawn(self) -> tuple[AuditedCase, ...]:
        return tuple(case for case in self.cases if case.is_drawn)


def commit(
    services: Services, key: str, period: str, wish: Wish, *, actor: str, now: datetime
) -> tuple[Audit, bool]:
    """Publish the commitment to a seed.

    Returns:
        The audit, and whether it is new.

    Raises:
        NotFoundError: There is no such programme.
        SchemaFaultsError: A value is not valid.
        TooLateError: The period has begun.
        ConflictError: The period already has a different commitment.
    """
    rule = programme_version(services, key).programme.audit or _DEFAULT
    share = wish.share if wish.share is not None else (rule.share or _DEFAULT.share or 0)
    minimum = rule.minimum if wish.minimum is None else wish.minimum
    _require_shape(period, wish.sha256, share, minimum)
    seed = secrets.token_hex(_SEED_BYTES) if wish.sha256 is None else None
    record = AuditPeriod(
        programme_key=key,
        period=period,
        sha256=wish.sha256 or commitment(seed or ""),
        share=share,
        minimum=minimum,
        committed_at=now,
        committed_by=actor,
        is_ours=seed is not None,
        begins_on=wish.begins_on,
    )
    with services.store.transaction():
        known = services.store.audits.get(key, period)
        if known is None and wish.begins_on is not None and wish.begins_on <= services.today(now):
            raise TooLateError("this period has begun: commit to the seed of one that is still to come")
        if known is None and services.store.audits.add(record, seed):
            detail = {"sha256": record.sha256, "share": share, "minimum": minimum}
            _note(services, record, Action.AUDIT_COMMITTED, detail, actor, now)
            return Audit(record), True
    found = find_audit(services, key, period)
    if not _is_same(found.record, wish):
        raise ConflictError(
            "there is another commitment for this period already, and a commitment never changes"
        )
    return found, False


def freeze(
    services: Services, key: str, period: str, population_at: datetime | None, *, actor: str, now: datetime
) -> Audit:
    """Record for good who was in force at an instant, as known then. Safe to repeat.

    Args:
        population_at: The instant; None for now.

    Raises:
        NotFoundError: There is no such audit.
        SchemaFaultsError: The instant is in the future.
        ConflictError: It is before the commitment, or the population was frozen at another instant.
    """
    at = population_at or now
    with services.store.transaction():
        record = _locked(services, key, period)
        if record.frozen_at is not None:
            if population_at not in (None, record.population_at):
                raise ConflictError("the population was frozen before, as of another instant")
            return find_audit(services, key, period)
        if at > now:
            fault = Fault("/population_at", "an instant that has passed is expected")
            raise SchemaFaultsError("nobody knows yet who will be in force", faults=[fault])
        if at < record.committed_at:
            raise ConflictError("a population from before the commitment could have been chosen by the seed")
        members = in_force(services, key, at)
        cases = [AuditedCase(key, period, known, name) for known, name in members]
        services.store.audits.freeze(key, period, cases, population_at=at, now=now)
        detail = {"population_at": at.isoformat(), "population": len(cases)}
        _note(services, record, Action.AUDIT_FROZEN, detail, actor, now)
        return find_audit(services, key, period)


def reveal(
    services: Services, key: str, period: str, seed: str | None, *, actor: str, now: datetime
) -> Audit:
    """Publish the seed, and with it who is drawn. Safe to repeat.

    Args:
        seed: The seed of a commitment made elsewhere; None if the service made it.

    Raises:
        NotFoundError: There is no such audit.
        SchemaFaultsError: The seed is not valid.
        ConflictError: The population is not frozen yet, or the seed does not fit its commitment.
    """
    with services.store.transaction():
        record = _locked(services, key, period)
        if record.revealed_at is None:
            seed = _require_seed(services, record, seed)
            cases = services.store.audits.cases(key, period)
            names = [case.drawn_as for case in cases]
            drawn = draw(seed, names, share=record.share, minimum=record.minimum)
            services.store.audits.reveal(key, period, seed, drawn, now)
            detail = {"seed": seed, "population": len(names), "drawn": len(drawn)}
            _note(services, record, Action.AUDIT_REVEALED, detail, actor, now)
            _tell_drawn(services, record, drawn, cases, now)
        elif seed not in (None, record.seed):
            raise ConflictError("another seed was revealed before")
        return find_audit(services, key, period)


def find_audit(services: Services, key: str, period: str) -> Audit:
    """Return an audit.

    Raises:
        NotFoundError: There is no such audit.
    """
    record = services.store.audits.get(key, period)
    if record is None:
        raise NotFoundError("there is no such audit")
    return Audit(record, services.store.audits.cases(key, period))


def audits_of(services: Services, key: str | None = None) -> tuple[AuditPeriod, ...]:
    """Return the audits of a programme, or of all, newest first."""
    return services.store.audits.all(key)


def in_force(services: Services, key: str, at: datetime) -> Sequence[tuple[str, str]]:
    """Return the accreditations that counted at an instant, as known then: pairs of
    credential id and published id.

    The published id is the client's reference or else the application's id. Unlike the credential's id, it
    leads to no page.
    """
    states = cache(lambda version: programme_version(services, key, version).programme.states_in_force)
    return [
        (life.credential_id, life.record.reference or life.record.application_id)
        for life in services.store.accreditations.all(key)
        if stands(life, at).state in states(life.newest.programme_version)
    ]


def _tell_drawn(
    services: Services,
    record: AuditPeriod,
    drawn: Collection[str],
    cases: Sequence[AuditedCase],
    now: datetime,
) -> None:
    if not services.mail_enabled:
        return
    for case in cases:
        life = services.store.accreditations.of_credential(case.credential_id)
        if case.drawn_as in drawn and life is not None:
            about = f"{record.programme_key} {record.period}"
            queue_news(services, life.record.membership_id, News.DRAWN, about, now)


def _require_seed(services: Services, record: AuditPeriod, given: str | None) -> str:
    if record.frozen_at is None:
        raise ConflictError("freeze the population first: who knows the seed could choose by it who is in it")
    seed = given or services.store.audits.own_seed(record.programme_key, record.period)
    if seed is None:
        fault = Fault("/seed", "the seed that was committed to is expected")
        raise SchemaFaultsError("the seed was made elsewhere", faults=[fault])
    if commitment(seed) != record.sha256:
        raise ConflictError("this seed does not fit its commitment: its SHA-256 is another")
    if not SEED.fullmatch(seed):
        fault = Fault("/seed", "lower-case hexadecimal digits are expected, two for each byte")
        raise SchemaFaultsError("nothing can be drawn by this seed", faults=[fault])
    return seed


def _require_shape(period: str, sha256: str | None, share: float, minimum: int) -> None:
    faults = []
    if not _PERIOD.fullmatch(period):
        faults.append(
            Fault("", "the name of a period has 1 to 40 letters, digits, dots and hyphens, such as 2026-Q3")
        )
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        faults.append(Fault("/sha256", "64 lower-case hexadecimal digits are expected"))
    if not 0 < share <= 1:
        faults.append(Fault("/share", "a number above 0 and up to 1 is expected"))
    if not 0 <= minimum <= _MAX_MINIMUM:
        faults.append(Fault("/minimum", "a whole number from 0 on is expected"))
    if faults:
        raise SchemaFaultsError("no audit can be begun so", faults=faults)


def _is_same(known: AuditPeriod, wish: Wish) -> bool:
    """Compare with a repeat; a value not given stands for the programme's rule at the time."""
    kept = (known.is_ours, known.begins_on) == (wish.sha256 is None, wish.begins_on)
    told = ((wish.sha256, known.sha256), (wish.share, known.share), (wish.minimum, known.minimum))
    return kept and all(wanted in (None, was) for wanted, was in told)


def _locked(services: Services, key: str, period: str) -> AuditPeriod:
    record = services.store.audits.get(key, period, locked=True)
    if record is None:
        raise NotFoundError("there is no such audit: commit to its seed first")
    return record


def _note(
    services: Services,
    record: AuditPeriod,
    action: Action,
    detail: JsonObject,
    actor: str,
    now: datetime,
) -> None:
    subject = f"{record.programme_key}/{record.period}"
    services.store.audit.add(AuditRecord(now, actor, action, subject, detail))
