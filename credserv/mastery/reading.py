"""Read a rule's JSON, reporting every fault with its place, and refusing what could never be met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from credserv.ground.addresses import is_https_page
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_did, is_slug
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.mastery.reading_parts import (
    MAX_CONTEXTS,
    MAX_PEOPLE,
    read_contexts,
    read_day,
    read_fragment,
    read_number,
    read_role,
    read_scales,
    read_word,
)
from credserv.mastery.rule import (
    Activity,
    Condition,
    Covered,
    Endorsed,
    Gain,
    Held,
    Measure,
    NOf,
    Observed,
    Pathway,
    Route,
    Rule,
    Scale,
    Scored,
    Step,
    of_achievement,
)
from credserv.openbadges.achievement import AWARDS
from credserv.records.observations import ActivityKind, Kind

MAX_DEPTH = 6
MAX_CONDITIONS = 100
MAX_DAYS = 36_525
# Taking something back, or saying who somebody is, earns nothing.
ASKED = (Kind.COMPLETED, Kind.PASSED, Kind.GRADED, Kind.MASTERED, Kind.PROGRESS, Kind.OBSERVED)
_CREDENTIAL = ("achievement", "alignment", "issuer", "level_at_least", "not_expired", "description")
_MAX_ROUTES = 20
MAX_STEPS = 50
_ISSUERS = ("ours", "trusted")


def parse_rule(document: JsonObject, *, achievement: str) -> Rule:
    """Read a rule.

    Args:
        achievement: The key of what the rule earns.

    Raises:
        SchemaFaultsError: The rule is not valid. Its faults name every place.
    """
    faults = FaultList()
    known = ("$schema", "award", "scales", "when", "pathway")
    reader = ObjectReader(document, "", faults, members=known)
    award = read_word(reader, "award", AWARDS)
    rule = _Reader(achievement, faults, read_scales(reader))
    pathway = rule.read_pathway(reader)
    given = reader.read("when", required=pathway is None)
    if given is not None and pathway is not None:
        faults.add("/pathway", "one of when and pathway is expected, and not both")
    when = None if given is None else rule.read(given, "/when", 1)
    faults.require("the rule")
    if pathway is not None:
        when = pathway.condition
    assert when is not None  # noqa: S101 - or there was a fault
    return Rule(achievement, when, award, rule.scales, pathway)


# --- conditions ---------------------------------------------------------------------------------


class _Reader:
    """Counts what it reads, so that no rule exceeds a limit."""

    def __init__(self, achievement: str, faults: FaultList, scales: tuple[Scale, ...]) -> None:
        self.scales = scales
        self._achievement = achievement
        self._faults = faults
        self._left = MAX_CONDITIONS
        self._kinds: Mapping[str, Callable[[object, str], Condition]] = {
            "observed": self._observed,
            "result": self._result,
            "gain": self._gain,
            "credential": self._held,
            "endorsements": self._endorsements,
            "coverage": self._coverage,
        }

    def read(self, value: object, place: str, depth: int) -> Condition | None:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            if self._left == -1 or depth > MAX_DEPTH:
                self._faults.add(place, f"at most {MAX_CONDITIONS} conditions, {MAX_DEPTH} levels deep")
            return None
        names = ("all", "any", "n_of", *self._kinds)
        reader = ObjectReader(value, place, self._faults, members=names)
        given = [name for name in names if reader.read(name) is not None]
        if len(given) != 1:
            if reader.is_object:
                self._faults.add(place, f"one of {', '.join(names)} is expected, and no second")
            return None
        (name,) = given
        if name in self._kinds:
            return self._kinds[name](reader.read(name), pointer(place, name))
        return self._group(reader, name, depth)

    def _group(self, reader: ObjectReader, name: str, depth: int) -> Condition | None:
        place, n = pointer(reader.place, name), None
        within, items = reader, name
        if name == "n_of":
            within = ObjectReader(reader.read(name), place, self._faults, members=("n", "of"))
            items = "of"
            within.read("n", required=True)
            n = within.read_whole("n", low=1, high=MAX_CONDITIONS)
        listed = within.read(items, required=True)
        if not isinstance(listed, list) or not listed:
            if listed is not None:
                within.fault(items, "a list with at least one condition is expected")
            return None
        of = [self.read(one, pointer(within.place, items, at), depth + 1) for at, one in enumerate(listed)]
        if n is not None and n > len(of):
            within.fault("n", f"can never be met: {n} are asked for, of {len(of)}")
        asked = {"all": len(of), "any": 1}.get(name, n or 1)
        return NOf(place, name, asked, tuple(one for one in of if one is not None))

    def read_pathway(self, rule: ObjectReader) -> Pathway | None:
        pathway = rule.read_object("pathway", members=("routes",))
        if pathway is None:
            return None
        known = ("name", "in_order", "steps")
        routes = pathway.read_objects("routes", members=known, required=True, max_items=_MAX_ROUTES)
        return Pathway(tuple(self._route(route) for route in routes))

    def _route(self, route: ObjectReader) -> Route:
        known = (*_CREDENTIAL, "name", "milestone", "by")
        steps = route.read_objects("steps", members=known, required=True, max_items=MAX_STEPS)
        return Route(
            route.read_text("name", max_chars=200) or "",
            bool(route.read_flag("in_order")),
            tuple(self._step(step) for step in steps),
        )

    def _step(self, step: ObjectReader) -> Step:
        return Step(
            self._credential(step),
            step.read_text("name", max_chars=200),
            step.read_text("milestone", max_chars=200),
            read_day(step, "by"),
        )

    def _held(self, value: object, place: str) -> Condition:
        return self._credential(ObjectReader(value, place, self._faults, members=_CREDENTIAL))

    def _observed(self, value: object, place: str) -> Condition:
        known = ("kind", "activity", "by_role", "level_at_least", "within_days", "description")
        reader = ObjectReader(value, place, self._faults, members=known)
        kind = read_word(reader, "kind", ASKED, required=True)
        level, scale = self._level(reader)
        return Observed(
            place=place,
            kind=Kind(kind or Kind.COMPLETED),
            activity=self._activity(reader, "activity", is_ours=kind == Kind.OBSERVED),
            by_role=read_role(reader, "by_role", required=kind == Kind.OBSERVED),
            level_at_least=level,
            within_days=reader.read_whole("within_days", low=1, high=MAX_DAYS),
            description=read_fragment(reader, "description"),
            scale=scale,
        )

    def _result(self, value: object, place: str) -> Condition:
        known = ("activity", "of", "at_least", "above_maximum_counts", "description")
        reader = ObjectReader(value, place, self._faults, members=known)
        of = Measure(read_word(reader, "of", tuple(Measure), required=True) or Measure.SCALED)
        scale = self._scale(reader)
        at_least: Decimal | str | None
        if of is Measure.LEVEL and isinstance(reader.read("at_least"), str):
            at_least, scale = self._level(reader, "at_least")
        else:
            at_least = read_number(reader, "at_least", required=True)
        if of is Measure.SCALED and isinstance(at_least, Decimal) and not -1 <= at_least <= 1:
            reader.fault("at_least", "a scaled score is from -1 to 1: 80 per cent is 0.8")
        return Scored(
            place=place,
            activity=self._activity(reader, "activity"),
            of=of,
            at_least=Decimal(0) if at_least is None else at_least,
            caps=bool(reader.read_flag("above_maximum_counts")),
            description=read_fragment(reader, "description"),
            scale=scale,
        )

    def _gain(self, value: object, place: str) -> Condition:
        known = ("pre", "post", "of", "at_least", "above_maximum_counts", "same_description")
        reader = ObjectReader(value, place, self._faults, members=known)
        of = Measure(read_word(reader, "of", (Measure.SCALED, Measure.RAW)) or Measure.SCALED)
        at_least = read_number(reader, "at_least", required=True)
        if at_least is not None and (at_least <= 0 or (of is Measure.SCALED and at_least > 2)):
            reader.fault("at_least", "a gain is above 0, and of scaled scores at most 2")
        return Gain(
            place=place,
            pre=self._activity(reader, "pre"),
            post=self._activity(reader, "post"),
            of=of,
            at_least=Decimal(1) if at_least is None else at_least,
            caps=bool(reader.read_flag("above_maximum_counts")),
            description=read_fragment(reader, "same_description"),
            scale=self._scale(reader, "same_description"),
        )

    def _credential(self, reader: ObjectReader) -> Held:
        achievement = reader.read_text("achievement", max_chars=2_000)
        alignment = reader.read_text("alignment", max_chars=2_000)
        if reader.is_object and (reader.read("achievement") is None) == (reader.read("alignment") is None):
            self._faults.add(reader.place, "one of achievement and alignment is expected, and not both")
        issuer = reader.read_text("issuer", max_chars=2_000)
        if not (issuer is None or issuer in _ISSUERS or is_did(issuer) or is_https_page(issuer)):
            reader.fault("issuer", "ours, trusted, or the issuer's id: a DID, or an https address")
        not_expired = reader.read_flag("not_expired")
        return Held(
            place=reader.place,
            achievement=achievement,
            alignment=alignment,
            issuer=issuer or "trusted",
            level_at_least=reader.read_text("level_at_least", max_chars=2_000),
            not_expired=True if not_expired is None else not_expired,
            description=read_fragment(reader, "description"),
        )

    def _endorsements(self, value: object, place: str) -> Condition:
        known = ("count", "by", "activity", "level_at_least", "within_days", "description")
        reader = ObjectReader(value, place, self._faults, members=known)
        reader.read("count", required=True)
        level, scale = self._level(reader)
        return Endorsed(
            place=place,
            activity=self._activity(reader, "activity", is_ours=True),
            count=reader.read_whole("count", low=1, high=MAX_PEOPLE) or 1,
            by=read_role(reader, "by"),
            level_at_least=level,
            within_days=reader.read_whole("within_days", low=1, high=MAX_DAYS),
            description=read_fragment(reader, "description"),
            scale=scale,
        )

    def _coverage(self, value: object, place: str) -> Condition:
        known = ("contexts", "count", "by", "activity", "level_at_least", "within_days", "description")
        reader = ObjectReader(value, place, self._faults, members=known)
        contexts = read_contexts(reader)
        reader.read("count", required=True)
        count = reader.read_whole("count", low=1, high=MAX_CONTEXTS) or 1
        if contexts and count > len(contexts):
            reader.fault("count", f"can never be met: {count} are asked for, of {len(contexts)}")
        level, scale = self._level(reader)
        return Covered(
            place=place,
            activity=self._activity(reader, "activity", is_ours=True),
            contexts=contexts,
            count=count,
            by=read_role(reader, "by"),
            level_at_least=level,
            within_days=reader.read_whole("within_days", low=1, high=MAX_DAYS),
            description=read_fragment(reader, "description"),
            scale=scale,
        )

    def _activity(self, reader: ObjectReader, name: str, *, is_ours: bool = False) -> Activity:
        """Read an activity.

        If none is named and `is_ours`, it is the achievement itself, as observed here.
        """
        value = reader.read(name, required=not is_ours)
        ours = of_achievement(self._achievement)
        if isinstance(value, str):
            return Activity(reader.read_text(name, max_chars=2_000) or "")
        inner = reader.read_object(name, members=("value", "kind", "source", "name"))
        if inner is None:
            return ours
        kind = read_word(inner, "kind", tuple(ActivityKind))
        source = inner.read_text("source", max_chars=64)
        if source is not None and not is_slug(source):
            inner.fault("source", "the name of a source: a-z, 0-9 and - within")
        return Activity(
            inner.read_text("value", required=True, max_chars=2_000) or "",
            None if kind is None else ActivityKind(kind),
            source,
            inner.read_text("name", max_chars=200),
        )

    def _scale(self, reader: ObjectReader, name: str = "description") -> Scale | None:
        """Return the description's scale; without a description, the only scale."""
        described = reader.read(name)
        if described is None:
            return self.scales[0] if len(self.scales) == 1 else None
        return next((scale for scale in self.scales if scale.description == described), None)

    def _level(self, reader: ObjectReader, name: str = "level_at_least") -> tuple[str | None, Scale | None]:
        """Return a level's id and its scale."""
        scale, level = self._scale(reader), read_fragment(reader, name)
        if level is None:
            return None, scale
        if scale is None:
            reader.fault(name, "needs a scale of this rule: name its description")
        elif all(level != one.id for one in scale.levels):
            reader.fault(name, f"the scale of {scale.description} has no level {level}")
        return level, scale
