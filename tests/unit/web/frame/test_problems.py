"""The one table from error class to answer, and the places of faults."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

import pytest

from credserv.ground import errors
from credserv.ground.errors import CredservError, Fault
from credserv.web.frame.problems import KINDS, flatten_messages, kind_of


def subclasses(root: type[CredservError]) -> Iterator[type[CredservError]]:
    for found in root.__subclasses__():
        yield found
        yield from subclasses(found)


@pytest.mark.parametrize("error_class", sorted(set(subclasses(CredservError)), key=attrgetter("__name__")))
def test_every_error_class_has_its_row(error_class: type[CredservError]) -> None:
    nearest = next(ancestor for ancestor in error_class.__mro__ if ancestor in KINDS)
    assert nearest is not CredservError, f"{error_class.__name__} would be told as an internal error"
    assert kind_of(error_class) is KINDS[nearest]


def test_a_new_class_is_told_as_its_family() -> None:
    class NewProofError(errors.InvalidSignatureError):
        code = "new"

    assert kind_of(NewProofError) is KINDS[errors.ProofError]


def test_our_own_troubles_are_not_told() -> None:
    for error_class in (CredservError, errors.SigningKeyError, errors.SettingsError):
        assert not kind_of(error_class).said
        assert kind_of(error_class).status >= 500


@pytest.mark.parametrize(
    ("error_class", "status"),
    [
        (errors.MalformedJsonError, 400),
        (errors.UnauthenticatedError, 401),
        (errors.WebhookSignatureError, 401),
        (errors.ForbiddenError, 403),
        (errors.NotFoundError, 404),
        (errors.ConflictError, 409),
        (errors.GoneError, 410),
        (errors.TooLargeError, 413),
        (errors.SchemaFaultsError, 422),
        (errors.UndefinedTermError, 422),
        (errors.RateLimitedError, 429),
        (errors.UnavailableError, 503),
        (errors.FetchRefusedError, 422),
    ],
)
def test_statuses(error_class: type[CredservError], status: int) -> None:
    assert kind_of(error_class).status == status


def test_titles_are_not_empty_and_statuses_are_errors() -> None:
    for kind in KINDS.values():
        assert kind.title
        assert 400 <= kind.status < 600


def test_faults_are_placed_by_json_pointer() -> None:
    messages = {
        "json": {"recipient": {"email": ["Bad."]}, "results": {0: {"a/b~": ["Worse."]}}, "_schema": ["Both."]}
    }
    assert flatten_messages(messages) == (
        Fault("/recipient/email", "Bad."),
        Fault("/results/0/a~1b~0", "Worse."),
        Fault("", "Both."),
    )


def test_a_member_named_json_keeps_its_place() -> None:
    assert flatten_messages({"json": ["No."], "x": ["No."]}) == (Fault("/json", "No."), Fault("/x", "No."))
