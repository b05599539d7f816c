"""What a mapping says of a person is a function of all that they did, in whatever order it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation
from credserv.records.observed import ObservationRecord, observation_id
from credserv.sources.mapped import judge_mapping, keys_touched, score_of
from credserv.sources.mapping import parse_mapping

_FIRST = datetime(2026, 3, 1, tzinfo=UTC)
_MAPPING = parse_mapping(
    {
        "rules": [
            {"event": "completed", "course": "a*", "achievement": "gold", "minimum_score": 0.8},
            {"event": "completed", "course": "a*", "achievement": "silver", "minimum_score": 0.5},
            {"event": "graded", "course": "a1", "achievement": "gold", "minimum_score": 0.8},
            {"event": "completed", "course": "b", "achievement": "plain"},
        ]
    }
)


def did(
    name: str, kind: Kind = Kind.COMPLETED, course: str = "a1", day: int = 0, **told: object
) -> ObservationRecord:
    said = Observation(
        event_id=name,
        event_type="x",
        kind=kind,
        activities=(ActivityReference(ActivityKind.COURSE, course),),
        occurred_at=_FIRST + timedelta(days=day),
        **told,  # type: ignore[arg-type]  # any of its members
    )
    return ObservationRecord(
        observation_id("n", name), "s", "m", 0, "n", said, is_signed=True, received_at=_FIRST
    )


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [Kind.COMPLETED, Kind.FAILED, Kind.UNCOMPLETED, Kind.REVOKED, Kind.GRADED, Kind.PROGRESS]
        ),
        st.sampled_from(["a1", "a2", "b"]),
        st.integers(0, 3),
        st.sampled_from([None, Decimal("0.4"), Decimal("0.6"), Decimal("0.9"), Decimal("7")]),
        st.sampled_from([None, 0, 1, 2]),
    ),
    max_size=6,
)


@given(steps=_STEPS, data=st.data())
def test_every_permutation_agrees(steps: list[tuple[object, ...]], data: st.DataObject) -> None:
    records = [
        did(
            str(number),
            kind,  # type: ignore[arg-type]  # as drawn
            course,  # type: ignore[arg-type]
            day,  # type: ignore[arg-type]
            scaled=score,
            supersedes=None if other is None else str(other),
        )
        for number, (kind, course, day, score, other) in enumerate(steps)
    ]
    shuffled = data.draw(st.permutations(records))
    for key in ("gold", "silver", "plain"):
        found, other_way = judge_mapping(_MAPPING, key, records), judge_mapping(_MAPPING, key, shuffled)
        assert found == other_way
        assert (found.is_met is True) <= any(
            one.observation.kind in (Kind.COMPLETED, Kind.GRADED) for one in records
        )


@pytest.mark.parametrize(
    ("records", "key", "is_met"),
    [
        ([], "gold", None),
        ([did("1", scaled=Decimal("0.9"))], "gold", True),
        ([did("1", scaled=Decimal("0.9"))], "silver", None),  # the first rule that is reached decides
        ([did("1", scaled=Decimal("0.6"))], "silver", True),
        ([did("1")], "gold", None),  # no score is no zero
        ([did("1", raw=Decimal(9), max=Decimal(10))], "gold", True),
        ([did("1", raw=Decimal(9), max=Decimal(0))], "gold", None),
        ([did("1", raw=Decimal(9))], "gold", None),
        ([did("1", scaled=Decimal("0.9")), did("2", Kind.FAILED, day=1)], "gold", False),
        ([did("1", scaled=Decimal("0.9"), day=1), did("2", Kind.FAILED)], "gold", True),
        (
            [did("1", scaled=Decimal("0.9")), did("2", Kind.FAILED, "a2", day=1)],
            "gold",
            True,
        ),  # another course
        ([did("1", scaled=Decimal("0.9")), did("2", scaled=Decimal("0.1"), day=1)], "gold", True),
        (
            [did("1", scaled=Decimal("0.9")), did("2", Kind.GRADED, day=1, scaled=Decimal("0.1"))],
            "gold",
            False,
        ),
        ([did("1", Kind.GRADED, scaled=Decimal("0.9"))], "gold", True),
        ([did("1", scaled=Decimal("0.9")), did("2", Kind.PROGRESS, day=1, supersedes="1")], "gold", False),
        ([did("1", course="b", success=False)], "plain", False),
        ([did("1", course="b")], "plain", True),
    ],
)
def test_the_last_that_decides_counts(
    records: list[ObservationRecord], key: str, is_met: bool | None
) -> None:
    assert judge_mapping(_MAPPING, key, records).is_met is is_met


def test_what_is_touched_is_what_a_rule_looks_at() -> None:
    assert keys_touched(_MAPPING, did("1").observation) == ("gold", "silver")
    assert keys_touched(_MAPPING, did("1", course="z").observation) == ()
    assert keys_touched(_MAPPING, did("1", Kind.PROGRESS).observation) == ()
    assert keys_touched(_MAPPING, did("1", Kind.REVOKED, "b").observation) == ("plain",)


@pytest.mark.parametrize(
    ("told", "score"),
    [
        ({}, None),
        ({"scaled": Decimal("-0.5")}, None),
        ({"scaled": Decimal("1.05")}, Decimal(1)),
        ({"scaled": Decimal("1.2")}, None),
        ({"raw": Decimal(5), "min": Decimal(4), "max": Decimal(6)}, Decimal("0.5")),
        ({"raw": Decimal("NaN"), "max": Decimal(6)}, None),
    ],
)
def test_a_score_is_only_what_was_said_whole(told: dict[str, Decimal], score: Decimal | None) -> None:
    assert score_of(did("1", **told).observation) == score
