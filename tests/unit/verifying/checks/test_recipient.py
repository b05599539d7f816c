"""The policy checks `recipient` and `holder`."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome
from credserv.openbadges.learning_credential import VCT
from credserv.verifying.checks.recipient import (
    check_holder,
    check_recipient,
    join_recipients,
    not_presented,
)
from tests.unit.openbadges.test_recipient import DID, salted

SAM = {"credentialSubject": {"id": DID, "identifier": [salted("sam@example.org")]}}


def outcome(document: dict[str, Any], wanted: str) -> tuple[Outcome, str]:
    made = check_recipient(document, wanted)
    assert made.required
    assert made.name == "recipient"
    return made.outcome, made.code


def test_it_is_the_one_or_another_or_could_not_be_compared() -> None:
    assert outcome(SAM, " sam@example.org ") == (Outcome.PASSED, "")
    assert outcome(SAM, "mailto:sam@example.org") == (Outcome.PASSED, "")
    assert outcome(SAM, DID) == (Outcome.PASSED, "")
    assert outcome(SAM, "kim@example.org") == (Outcome.FAILED, "other-recipient")
    assert outcome(SAM, "4711") == (Outcome.UNKNOWN, "recipient-not-compared")
    assert outcome({}, "sam@example.org") == (Outcome.UNKNOWN, "recipient-not-compared")


def test_of_several_subjects_each_must_be_the_one() -> None:
    other = {"identifier": [salted("kim@example.org")]}
    both = {"credentialSubject": [SAM["credentialSubject"], other]}
    assert outcome(both, "sam@example.org")[0] is Outcome.FAILED
    silent = {"credentialSubject": [SAM["credentialSubject"], {"name": "x"}]}
    assert outcome(silent, "sam@example.org")[0] is Outcome.UNKNOWN


def test_the_rule_of_letters_is_said_and_the_address_is_not() -> None:
    made = check_recipient(SAM, "Sam@example.org")
    assert "in lower case" in made.reason
    assert "sam@example.org" not in (made.reason + str(made.data)).lower()


def check(outcome: Outcome) -> Check:
    return Check("recipient", outcome, "")


def test_what_holds_others_is_about_nobody_else() -> None:
    good, bad, unsure = check(Outcome.PASSED), check(Outcome.FAILED), check(Outcome.UNKNOWN)
    assert join_recipients(good, [good, unsure]).outcome is Outcome.PASSED
    assert join_recipients(good, [good, bad]).outcome is Outcome.FAILED
    assert join_recipients(bad, [good]).outcome is Outcome.FAILED
    assert join_recipients(None, [good, unsure]).outcome is Outcome.UNKNOWN
    assert join_recipients(None, [good, unsure, bad]).outcome is Outcome.FAILED
    assert join_recipients(None, [good]).outcome is Outcome.PASSED
    assert join_recipients(None, []).outcome is Outcome.UNKNOWN


def test_the_holder_is_the_subject_or_a_bearer() -> None:
    told = check_holder(SAM, DID)
    assert (told.outcome, told.required) == (Outcome.PASSED, False)
    for document, holder in (
        (SAM, "did:example:other"),
        ({"credentialSubject": {}}, DID),
        (SAM, ""),
        ({"credentialSubject": {"id": ""}}, ""),
        ({}, DID),
    ):
        made = check_holder(document, holder)
        assert (made.outcome, made.code, made.required) == (Outcome.UNKNOWN, "bearer", False)


@pytest.mark.parametrize(
    ("holder", "said"),
    [("", "was not proven"), ("did:example:another", "shown by its bearer")],
    ids=["nobody", "another"],
)
def test_a_holder_who_is_not_named_is_told_from_one_who_proved_nothing(holder: str, said: str) -> None:
    found = check_holder({"credentialSubject": {"id": "did:example:holder"}}, holder)
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "bearer")
    assert said in found.reason


@pytest.mark.parametrize(
    ("wanted", "compared"),
    [("sam@example.org", "emailAddress"), (DID, "id"), ("urn:x:1", "id"), ("4711", "identifier")],
)
def test_what_was_compared_is_told(wanted: str, compared: str) -> None:
    made = check_recipient(SAM, wanted)
    assert made.data == {"compared": compared}
    assert ("in lower case" in made.reason) is (compared == "emailAddress" and made.code == "")
    other = check_recipient(SAM, "kim@example.org")
    assert other.reason.endswith("It was compared as written and in lower case.")


def test_a_learning_credential_names_its_learner() -> None:
    learner = {"id": "urn:1", "learner_identification": "sam@example.org"}
    learning = {"type": VCT, "credentialSubject": [learner, {"id": "mailto:sam@example.org"}]}
    assert outcome(learning, "sam@example.org")[0] is Outcome.PASSED
    assert outcome(learning, "kim@example.org")[0] is Outcome.FAILED
    assert outcome(learning | {"type": "Other"}, "sam@example.org")[0] is Outcome.UNKNOWN
    named = {"identityType": "emailAddress", "identityHash": "sam@example.org", "hashed": False}
    without = {"type": VCT, "credentialSubject": {"identifier": named}}
    assert outcome(without, "sam@example.org")[0] is Outcome.PASSED


def test_somebody_else_in_it_is_told_as_that() -> None:
    good, bad, unsure = check(Outcome.PASSED), check(Outcome.FAILED), check(Outcome.UNKNOWN)
    reason = "A credential in it is about somebody else than you asked for."
    assert join_recipients(good, [good, bad]).reason == join_recipients(None, [bad]).reason == reason
    assert join_recipients(unsure, [good]) is unsure
    assert join_recipients(bad, [bad]) is bad
    assert join_recipients(None, []).reason == "It holds no credential, so it is about nobody."


def test_of_several_subjects_the_holder_is_each() -> None:
    both = {"credentialSubject": [{"id": DID}, {"id": DID}]}
    assert check_holder(both, DID).outcome is Outcome.PASSED
    assert check_holder(both, DID).data == {"holder": DID}
    assert check_holder({"credentialSubject": [{"id": DID}, {}]}, DID).outcome is Outcome.UNKNOWN
    assert check_holder(both, "").data == {"holder": None}


def test_what_nobody_presented_does_not_do_where_that_was_asked() -> None:
    made = not_presented()
    assert (made.name, made.outcome, made.code) == ("holder", Outcome.FAILED, "not-presented")
    assert made.required
