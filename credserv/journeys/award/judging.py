"""Find every rule that looks at an observation, and judge it over everything known of the person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.journeys.award.judgement import Judge, Judgement, Known, describe_evidence
from credserv.journeys.award.judging_rules import rule_judges
from credserv.journeys.award.rules import current_rules
from credserv.journeys.award.taking_back import find_taken_back
from credserv.journeys.services import Services
from credserv.records.observed import ObservationRecord
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.mapped import judge_mapping, keys_touched
from credserv.sources.mapping import EventMapping, parse_mapping
from credserv.sources.signing.settings import Method


@dataclass(frozen=True)
class MappingJudge:
    """A source's mapping for one achievement."""

    source: SourceRecord
    mapping: EventMapping
    achievement_key: str
    awards: bool = True

    @property
    def scope(self) -> str:
        return f"hook:{self.source.name}"

    @property
    def grounds(self) -> JsonObject:
        return {"mapping": mapping_grounds(self.source, self.achievement_key)}

    def then(self, grounds: JsonObject | None) -> MappingJudge | None:
        """Return the mapping as noted in the grounds.

        Older releases did not note it; then it is the current mapping.
        """
        told = (grounds or {}).get("mapping")
        if not isinstance(told, dict):
            return self
        return replace(self, mapping=parse_mapping({"rules": told["rules"]}))

    def judge(self, known: Known, _at: datetime, /) -> Judgement:
        own = [record for record in known.observations if record.source == self.source.name]
        found = judge_mapping(self.mapping, self.achievement_key, own)
        decided = () if found.record is None else (found.record,)
        results = tuple(
            draft.build("") | {"status": "Completed"} for draft in (found.results if found.is_met else ())
        )
        evidence = tuple(describe_evidence(record) for record in (decided if found.is_met else ()))
        return Judgement(found.is_met, decided, results, evidence)


def is_ordered(source: SourceRecord, method: object) -> bool:
    """Return whether a message is an event of our own dialect, given how its sender authenticated.

    Such an event is ordered as it arrives, under its source's mapping, and the answer names the credential.
    """
    is_mapped = "fields" not in source.options and bool(source.mapping.get("rules"))
    return source.dialect == "generic" and is_mapped and method == Method.STANDARD_WEBHOOKS


def mapping_grounds(source: SourceRecord, achievement_key: str) -> JsonObject:
    """Return the part of a mapping that earns an achievement, verbatim, because
    mappings are overwritten in place.
    """
    rules = [rule for rule in source.mapping["rules"] if rule.get("achievement") == achievement_key]
    return {"source": source.name, "rules": rules}


def judges_of(services: Services, source: SourceRecord, record: ObservationRecord) -> tuple[Judge, ...]:
    """Return every judge that looks at an observation or at what it takes back: the source's mapping
    and the rules of achievements.
    """
    mapping = mapping_of(services, source)
    other = find_taken_back(services, record)
    about = [record] if other is None else [record, other]
    keys = dict.fromkeys(key for one in about for key in keys_touched(mapping, one.observation))
    awards = not keys or not _was_ordered(services, source, record)
    return (*(MappingJudge(source, mapping, key, awards) for key in keys), *rule_judges(services, about))


def _was_ordered(services: Services, source: SourceRecord, record: ObservationRecord) -> bool:
    """Return whether the event itself ordered what the observation earns by the mapping."""
    if not is_ordered(source, Method.STANDARD_WEBHOOKS):
        return False
    event = services.store.events.get(record.source, record.message)
    return event is not None and event.state is not EventState.READ


def has_rules(services: Services) -> bool:
    """Return whether any achievement of the organisation has its own rule."""
    return bool(current_rules(services).rules)


def mapping_of(services: Services, source: SourceRecord) -> EventMapping:
    """Return the source's mapping, read once per change of the source; empty if it cannot be read."""
    if not source.mapping.get("rules"):
        return EventMapping(())
    try:
        if services.store.sources.get(source.name) is not source:  # the source was changed meanwhile
            return parse_mapping(source.mapping)
        key = ("rules", services.store.organisation_id, source.name)
        return services.store.remembered.get(key, lambda: parse_mapping(source.mapping)) or EventMapping(())
    except InputError:
        return EventMapping(())
