"""What a rule says of a person: three-valued, by the set of what is known, whatever order it came in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.mastery.facts import Fact, PriorCredential
from credserv.mastery.judging import judge_rule
from credserv.mastery.verdict import Answer
from credserv.records.observations import ActivityKind, Kind
from tests.unit.mastery.samples import NOW, fact, judge, judge_held, rule, word

MET, NOT_MET, UNKNOWN = Answer.MET, Answer.NOT_MET, Answer.UNKNOWN
COMPLETED = {"observed": {"kind": "completed", "activity": "course"}}
PASSED = {"observed": {"kind": "passed", "activity": "course"}}


def scored(at_least: object, of: str = "scaled", **more: object) -> dict[str, Any]:
    return {"result": {"activity": "course", "of": of, "at_least": at_least, **more}}


# --- what was said, and what takes it back -------------------------------------------------------


def done(*kinds: Kind, **seen: Any) -> list[Fact]:
    """One a day."""
    return [fact(str(day), kind, day=day, **seen) for day, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("when", "facts", "answer"),
    [
        (COMPLETED, [], UNKNOWN),
        (COMPLETED, done(Kind.COMPLETED), MET),
        (COMPLETED, done(Kind.PROGRESS), UNKNOWN),
        (COMPLETED, done(Kind.COMPLETED, Kind.UNCOMPLETED), NOT_MET),
        (COMPLETED, done(Kind.COMPLETED, Kind.REVOKED), NOT_MET),
        (COMPLETED, done(Kind.REVOKED), NOT_MET),  # the revocation came before what it revokes
        (COMPLETED, done(Kind.UNCOMPLETED, Kind.COMPLETED), MET),
        (COMPLETED, done(Kind.COMPLETED, Kind.FAILED), NOT_MET),
        (COMPLETED, done(Kind.COMPLETED, success=False), NOT_MET),
        (COMPLETED, done(Kind.COMPLETED, completion=False), NOT_MET),
        (COMPLETED, done(Kind.PASSED, completion=True), MET),
        (PASSED, done(Kind.COMPLETED), UNKNOWN),
        (PASSED, done(Kind.COMPLETED, success=True), MET),
        (PASSED, done(Kind.PASSED, Kind.FAILED), NOT_MET),
        (PASSED, done(Kind.PASSED, Kind.FAILED, Kind.PASSED), MET),
        (PASSED, done(Kind.IDENTITY, success=True), UNKNOWN),
        (COMPLETED, [fact("1", Kind.COMPLETED, "other")], UNKNOWN),
        (COMPLETED, [fact("1", Kind.COMPLETED, "quiz", within="course")], UNKNOWN),
        (COMPLETED, [fact("1", Kind.COMPLETED, None)], UNKNOWN),
        (COMPLETED, [fact("1", Kind.COMPLETED, day=None)], MET),
        # What was taken back without a time may have been taken back before.
        (COMPLETED, [fact("1", Kind.COMPLETED), fact("2", Kind.REVOKED, day=None)], UNKNOWN),
        # Another attempt takes nothing back; one that names none does.
        (PASSED, [fact("1", Kind.PASSED, attempt="a"), fact("2", Kind.FAILED, attempt="b", day=1)], MET),
        (PASSED, [fact("1", Kind.PASSED, attempt="a"), fact("2", Kind.FAILED, attempt="a", day=1)], NOT_MET),
        (PASSED, [fact("1", Kind.PASSED, attempt="a"), fact("2", Kind.FAILED, day=1)], NOT_MET),
        # Voided, replaced, and the same id at another installation.
        (COMPLETED, [fact("1", Kind.COMPLETED), fact("2", Kind.REVOKED, None, supersedes="1")], UNKNOWN),
        (COMPLETED, [fact("1", Kind.COMPLETED), fact("2", Kind.COMPLETED, supersedes="1")], MET),
        (COMPLETED, [*done(Kind.COMPLETED), fact("x", Kind.REVOKED, "", supersedes="0", source="b")], MET),
        (COMPLETED, [fact("1", Kind.COMPLETED, supersedes="1")], MET),
    ],
)  # fmt: skip
def test_what_stands_decides(when: dict[str, Any], facts: list[Fact], answer: Answer) -> None:
    verdict = judge(when, *facts)
    assert verdict.answer is answer
    assert bool(verdict.missing) is (answer is not MET)
    assert bool(verdict.leaves[0].observations) is (answer is not UNKNOWN)


def test_a_source_that_is_named_is_the_only_one() -> None:
    when = {"observed": {"kind": "completed", "activity": {"value": "course", "source": "campus"}}}
    assert judge(when, fact("1", Kind.COMPLETED)).is_met
    assert not judge(when, fact("1", Kind.COMPLETED, source="elsewhere")).is_met


def test_what_is_too_long_ago_is_not_met_and_what_has_no_time_unknown() -> None:
    when = {"observed": {"kind": "completed", "activity": "course", "within_days": 30}}
    assert judge(when, fact("1", Kind.COMPLETED, day=20)).is_met
    old = judge(when, fact("1", Kind.COMPLETED, day=0))
    assert old.answer is NOT_MET
    assert "2026-05-01" in old.missing[0]
    assert judge(when, fact("1", Kind.COMPLETED, day=None)).answer is UNKNOWN


# --- words of people -----------------------------------------------------------------------------

SEEN = {"observed": {"kind": "observed", "by_role": "assessor", "level_at_least": "#proficient"}}


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (word("1", "ann", "assessor", level="#proficient"), MET),
        (word("1", "ann", "assessor", level=" proficient! "), MET),
        (word("1", "ann", "assessor", level="exemplary"), MET),
        (word("1", "ann", "assessor", level="2"), NOT_MET),
        (word("1", "ann", "assessor", level="4"), UNKNOWN),
        (word("1", "ann", "assessor"), UNKNOWN),
        (word("1", "ann", "peer", level="#proficient"), UNKNOWN),
        (word("1", "ann", "assessor", level="#proficient", is_self=True), UNKNOWN),
        (fact("1", Kind.OBSERVED, "mentor", roles={"assessor"}, level="#proficient"), UNKNOWN),  # of a source
    ],
)
def test_only_who_is_asked_is_heard(said: Fact, answer: Answer) -> None:
    assert judge(SEEN, said, scales=True).answer is answer


def test_a_level_that_is_lowered_is_lowered() -> None:
    high, low = (
        word("1", "ann", "assessor", level="#proficient"),
        word("2", "ann", "assessor", day=1, level="2"),
    )
    assert judge(SEEN, high, low, scales=True).answer is NOT_MET


def test_endorsements_count_people_and_not_words() -> None:
    when = {"endorsements": {"count": 2, "by": "peer"}}
    ann, again, bob = (
        word("1", "ann", "peer"),
        word("2", "ann", "peer", day=1),
        word("3", "bob", "peer", day=2),
    )
    assert judge(when, ann, again).answer is UNKNOWN
    verdict = judge(when, ann, again, bob)
    assert (verdict.answer, verdict.observations) == (MET, ("o-2", "o-3"))
    assert not judge(when, ann, word("3", "me", "peer", is_self=True)).is_met
    nobody_knows = fact("4", Kind.OBSERVED, "mentor", at=ActivityKind.BADGE, source=":here", roles={"peer"})
    assert not judge(when, ann, nobody_knows).is_met
    assert not judge(when, ann, bob, word("5", "bob", "peer", day=3, success=False)).is_met


# --- scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "seen", "answer"),
    [
        (scored(0.8), {"scaled": "0.8"}, MET),
        (scored(0.8), {"scaled": "0.79999999999999999999999999999999999999999"}, NOT_MET),  # 41 digits
        (scored(0.8), {}, UNKNOWN),
        (scored(0), {}, UNKNOWN),  # what is missing is not 0
        (scored(-1), {"raw": "3"}, UNKNOWN),
        (scored(0.8), {"raw": "8", "min": "0", "max": "10"}, MET),
        (scored(0.8), {"raw": "8", "max": "10"}, UNKNOWN),
        (scored(0), {"raw": "0", "min": "0", "max": "0"}, UNKNOWN),
        (scored(0, "raw"), {"raw": "0", "max": "0"}, UNKNOWN),
        (scored(0.8), {"raw": "8", "min": "9", "max": "1"}, UNKNOWN),
        (scored(0.8), {"raw": "2", "min": "0", "max": "3"}, NOT_MET),
        (scored(0.8), {"raw": "5", "min": "0", "max": "1"}, UNKNOWN),  # Canvas: 5 of 1
        (scored(0.8, above_maximum_counts=True), {"raw": "5", "min": "0", "max": "1"}, MET),
        (scored(0.8, above_maximum_counts=True), {"scaled": "-5"}, UNKNOWN),
        (scored(0.8), {"scaled": "NaN"}, UNKNOWN),
        (scored(0.8), {"scaled": "Infinity"}, UNKNOWN),
        (scored(0.8), {"scaled": "1e-999999999"}, UNKNOWN),
        (scored(80, "raw"), {"raw": "80"}, MET),
        (scored(80, "raw"), {"scaled": "1"}, UNKNOWN),
        (scored("#proficient", "level"), {"level": "3"}, MET),
        (scored("#proficient", "level"), {"level": "9"}, UNKNOWN),
        (scored(3, "level"), {"level": "3.5"}, MET),
        (scored(3, "level"), {"level": "²"}, UNKNOWN),
        (scored(3, "level"), {"level": "good"}, UNKNOWN),
    ],
)
def test_a_score_is_what_was_sent_and_nothing_else(when: Any, seen: dict[str, str], answer: Answer) -> None:
    assert judge(when, fact("1", Kind.GRADED, **seen), scales=True).answer is answer


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ([fact("1", Kind.FAILED, scaled="0.9")], NOT_MET),
        ([fact("1", Kind.GRADED, scaled="0.9"), fact("2", Kind.GRADED, day=1, scaled="0.5")], NOT_MET),
        ([fact("1", Kind.GRADED, scaled="0.9"), fact("2", Kind.COMPLETED, day=1)], MET),
        ([fact("1", Kind.PROGRESS, scaled="0.9")], UNKNOWN),
        ([fact("1", Kind.GRADED, "quiz", within="course", scaled="0.9")], UNKNOWN),
        (
            [
                fact("1", Kind.GRADED, scaled="0.9", attempt="1"),
                fact("2", Kind.GRADED, day=1, scaled=".5", attempt="2"),
            ],
            MET,
        ),
        ([fact("1", Kind.GRADED, scaled="0.9"), fact("2", Kind.REVOKED, day=1)], NOT_MET),
    ],
)
def test_the_last_result_of_an_attempt_stands(facts: list[Fact], answer: Answer) -> None:
    assert judge(scored(0.8), *facts).answer is answer


def test_the_level_of_a_score_is_that_of_its_scale() -> None:
    leaf = judge(scored(0.8), fact("1", Kind.GRADED, scaled="0.94"), scales=True).leaves[0]
    assert [found.level for found in leaf.found] == ["#proficient"]


GAIN = {"gain": {"pre": "before", "post": "after", "at_least": 0.2, "same_description": "#mastery"}}


def graded(event_id: str, activity: str, scaled: str, day: int | None, **more: Any) -> Fact:
    return fact(event_id, Kind.GRADED, activity, day=day, scaled=scaled, **more)


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ([graded("1", "before", "0.5", 0), graded("2", "after", "0.7", 5)], MET),
        ([graded("1", "before", "0.5", 0), graded("2", "after", "0.69999999999999999999999999", 5)], NOT_MET),
        ([graded("1", "before", "0.5", 5), graded("2", "after", "0.9", 0)], UNKNOWN),  # after came before
        ([graded("1", "before", "0.5", 0)], UNKNOWN),
        ([graded("2", "after", "0.9", 0)], UNKNOWN),
        ([graded("1", "before", "0.5", None), graded("2", "after", "0.9", 5)], UNKNOWN),
        # A second, worse try at the first test makes no gain.
        (
            [
                graded("1", "before", "0.6", 0, attempt="1"),
                graded("2", "before", "0.1", 1, attempt="2"),
                graded("3", "after", "0.7", 5),
            ],
            NOT_MET,
        ),
        ([fact("1", Kind.FAILED, "before", scaled="0.1"), graded("2", "after", "0.7", 5)], MET),
    ],
)
def test_a_gain_is_from_the_first_to_a_later_result(facts: list[Fact], answer: Answer) -> None:
    verdict = judge(GAIN, *facts)
    assert verdict.answer is answer
    if answer is MET:
        assert [found.is_before for found in verdict.leaves[0].found] == [True, False]


def test_raw_scores_of_two_scales_are_no_gain() -> None:
    when = {"gain": {"pre": "before", "post": "after", "of": "raw", "at_least": 5}}
    pre = fact("1", Kind.GRADED, "before", raw="40", min="0", max="100")
    assert judge(when, pre, fact("2", Kind.GRADED, "after", day=1, raw="46", min="0", max="100")).is_met
    other = judge(when, pre, fact("2", Kind.GRADED, "after", day=1, raw="46", min="0", max="50"))
    assert (other.answer, "one scale" in other.missing[0]) == (UNKNOWN, True)


# --- credentials ---------------------------------------------------------------------------------

OURS = PriorCredential(
    "https://a.example/credentials/1", "did:web:a.example", "https://a/1", "first", is_trusted=True
)
THEIRS = PriorCredential(
    "urn:x", "did:web:b.example", "https://b/1", alignments=frozenset({"http://esco/1"}), is_trusted=True
)


def changed(credential: PriorCredential, **values: object) -> PriorCredential:
    return PriorCredential(**{**vars(credential), **values})


@pytest.mark.parametrize(
    ("leaf", "held", "answer"),
    [
        ({"achievement": "first"}, [], UNKNOWN),
        ({"achievement": "first"}, [OURS], MET),
        ({"achievement": "first"}, [THEIRS], UNKNOWN),
        ({"achievement": "first"}, [changed(OURS, is_in_force=False)], NOT_MET),
        ({"achievement": "first"}, [changed(OURS, valid_until=NOW)], NOT_MET),
        ({"achievement": "first", "not_expired": False}, [changed(OURS, valid_until=NOW)], MET),
        ({"achievement": "first"}, [changed(OURS, valid_until=NOW), changed(OURS, id="z")], MET),
        ({"achievement": "https://b/1"}, [THEIRS], MET),
        ({"alignment": "http://esco/1"}, [THEIRS], MET),
        ({"alignment": "http://esco/1"}, [changed(THEIRS, is_trusted=False)], NOT_MET),
        ({"alignment": "http://esco/1", "issuer": "ours"}, [THEIRS], NOT_MET),
        ({"alignment": "http://esco/1", "issuer": "did:web:b.example"}, [THEIRS], MET),
        ({"alignment": "http://esco/1", "issuer": "did:web:c.example"}, [THEIRS], NOT_MET),
        ({"achievement": "first", "level_at_least": "#b"}, [OURS], UNKNOWN),
        (
            {"achievement": "first", "level_at_least": "#b"},
            [changed(OURS, levels=frozenset({"https://a/1#a"}))],
            NOT_MET,
        ),
        (
            {"achievement": "first", "level_at_least": "#b"},
            [changed(OURS, levels=frozenset({"https://a/1#a", "https://a/1#b"}))],
            MET,
        ),
    ],
)
def test_a_credential_counts_while_it_is_good(
    leaf: dict[str, Any], held: list[PriorCredential], answer: Answer
) -> None:
    assert judge_held(leaf, *held).answer is answer


# --- together ------------------------------------------------------------------------------------


def test_the_three_values_together() -> None:
    """Kleene's tables, by leaves that are met, not met and unknown."""
    met, no, open_ = (
        {"observed": {"kind": "completed", "activity": name}} for name in ("yes", "no", "nobody knows")
    )
    facts = [fact("1", Kind.COMPLETED, "yes"), fact("2", Kind.REVOKED, "no")]

    def answer(when: dict[str, Any]) -> Answer:
        return judge(when, *facts).answer

    assert answer({"all": [met, met]}) is MET
    assert answer({"all": [met, open_]}) is UNKNOWN
    assert answer({"all": [no, open_]}) is NOT_MET
    assert answer({"any": [no, open_]}) is UNKNOWN
    assert answer({"any": [no, no]}) is NOT_MET
    assert answer({"any": [no, open_, met]}) is MET
    assert answer({"n_of": {"n": 2, "of": [met, met, no]}}) is MET
    assert answer({"n_of": {"n": 2, "of": [met, open_, no]}}) is UNKNOWN
    assert answer({"n_of": {"n": 2, "of": [met, no, no]}}) is NOT_MET


def test_what_is_missing_is_said_in_plain_words() -> None:
    when = {"all": [COMPLETED, {"any": [scored(0.8), SEEN]}]}
    verdict = judge(when, scales=True)
    seen = "be observed in “mentor” by an assessor at the level proficient or above"
    assert verdict.missing == ("complete “course”", f"one of: reach 80 % in “course” / {seen}")
    known = judge(when, fact("1", Kind.COMPLETED, scaled="0.555"), scales=True)
    assert known.missing == (f"one of: reach 80 % in “course”: it was 55.5 % on 2026-05-01 / {seen}",)


_FACTS = st.lists(
    st.builds(
        fact,
        st.sampled_from("abcdef"),
        st.sampled_from([kind for kind in Kind if kind not in (Kind.PROGRESS, Kind.IDENTITY)]),
        st.sampled_from(["course", "before", "after"]),
        day=st.one_of(st.none(), st.integers(0, 3)),
        attempt=st.sampled_from([None, "1", "2"]),
        scaled=st.sampled_from(["0.2", "0.5", "0.9"]),
        supersedes=st.sampled_from([None, None, "a", "b"]),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)  # fmt: skip
_EVERYTHING = {"n_of": {"n": 3, "of": [COMPLETED, PASSED, scored(0.8), GAIN, SEEN]}}


@given(_FACTS, st.randoms(use_true_random=False))
def test_every_order_gives_the_same_verdict(facts: list[Fact], chance: Any) -> None:
    wanted = judge_rule(rule(_EVERYTHING, scales=True), facts, (), NOW)
    shuffled = [*facts, *facts[:2]]  # and what came twice counts once
    chance.shuffle(shuffled)
    assert judge_rule(rule(_EVERYTHING, scales=True), shuffled, (), NOW) == wanted


@given(_FACTS)
def test_corrected_and_corrected_back(facts: list[Fact]) -> None:
    """Whatever was known before: a completion of now stands, taken back it does not, said again it does."""
    said = {10: Kind.COMPLETED, 11: Kind.REVOKED, 12: Kind.COMPLETED}
    later = [fact(str(day), kind, day=day) for day, kind in said.items()]
    facts = [one for one in facts if one.observation.occurred_at is not None]
    answers = [judge(COMPLETED, *facts, *later[:upto]).answer for upto in (1, 2, 3)]
    assert answers == [MET, NOT_MET, MET]


def test_time_alone_takes_nothing_from_what_was_awarded() -> None:
    """Judged again at the instant of its award, what was met then is met, but for what came since."""
    fresh = rule({"observed": {"kind": "completed", "activity": "course", "within_days": 40}})
    facts = [fact("1", Kind.COMPLETED)]
    assert judge_rule(fresh, facts, (), NOW).is_met
    later = NOW + timedelta(days=365)
    assert not judge_rule(fresh, facts, (), later).is_met
    assert not judge_rule(fresh, [*facts, fact("2", Kind.REVOKED, day=100)], (), NOW).is_met
