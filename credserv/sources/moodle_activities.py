"""What Moodle's activities report: assignments, quizzes, H5P and SCORM."""

from __future__ import annotations

from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation
from credserv.sources.moodle_event import MoodleEvent
from credserv.sources.xapi.scores import read_score
from credserv.sources.xapi.statement import kind_of_result


def read_assignment(event: MoodleEvent) -> Observation:
    """Read an assignment. The event has no grade; the log expander adds the records of grade and grade
    item."""
    grade, item = event.expanded.members("grade"), event.expanded.members("grade_items")
    is_theirs = grade.text("userid") == event.top.text("relateduserid")
    about = event.module()
    if not about and (key := event.expanded.members("module").text("id")) is not None:
        about = (ActivityReference(ActivityKind.ASSESSMENT, key), *event.course())
    return event.observe(
        Kind.GRADED,
        event.learner(),
        about,
        raw=grade.number("grade") if is_theirs else None,
        min=item.number("grademin") if is_theirs else None,
        max=item.number("grademax") if is_theirs else None,
        asserted_by=event.actor(),
    )


def read_quiz(event: MoodleEvent) -> Observation | str:
    """Read a quiz.

    The event has no grade (`user_graded` does); the log expander adds the records of attempt and quiz. The
    points of an attempt are out of the quiz's `sumgrades`, not its grade item's maximum.
    """
    attempt, quiz = event.expanded.members("attempt"), event.expanded.members("module")
    key, points = attempt.text("quiz"), attempt.number("sumgrades")
    is_it = key is not None and key == quiz.text("id") and attempt.text("id") == event.top.text("objectid")
    is_theirs = attempt.text("userid") == event.top.text("relateduserid")
    if key is None or points is None or attempt.raw("state") != "finished" or not (is_it and is_theirs):
        return "an attempt was handed in, and with which grade is not said"
    return event.observe(
        Kind.GRADED,
        event.learner(),
        event.module() or (ActivityReference(ActivityKind.ASSESSMENT, key), *event.course()),
        raw=points,
        max=quiz.number("sumgrades"),
        attempt=attempt.text("id"),
    )


def read_h5p(event: MoodleEvent) -> Observation | str:
    """Read H5P. `other` is the content's xAPI statement without actor (core_xapi).

    The statement of one of its questions has the question after the address.
    """
    if "subContentId=" in (event.other.members("object").text("id") or ""):
        return "it is about one question of the activity"
    score = read_score(event.other.raw("result"))
    kind, doubts = kind_of_result(event.other.members("verb").text("id") or "", score)
    if kind is None:
        return "it says nothing of what anybody has achieved"
    return event.observe(
        kind,
        event.self(),
        event.module(),
        raw=score.raw,
        min=score.min,
        max=score.max,
        scaled=score.scaled,
        success=score.success,
        completion=score.completion,
        flags=doubts,
    )


def read_scorm_status(event: MoodleEvent) -> Observation | str:
    """Read what the package reported; the status is in `other`, or nowhere."""
    kinds = {"completed": Kind.COMPLETED, "passed": Kind.PASSED, "failed": Kind.FAILED}
    kind = kinds.get(event.other.text("cmivalue") or "")
    if kind is None:
        return "it does not say that the package was completed, passed or failed"
    return event.observe(kind, event.self(), event.module(), attempt=event.other.text("attemptid"))


def read_scorm_score(event: MoodleEvent) -> Observation:
    raw, attempt = event.other.number("cmivalue"), event.other.text("attemptid")
    return event.observe(Kind.GRADED, event.self(), event.module(), raw=raw, attempt=attempt)
