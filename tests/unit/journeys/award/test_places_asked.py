"""Each place that a source may be pulled from is asked in its own way, with a token where it needs one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.journeys.award import pulling
from credserv.journeys.award.courses import Fetched
from credserv.journeys.award.reconciling import Asked
from credserv.sources.pulling.settings import PulledSystem
from tests.testkit.service import NOW


def test_each_place_is_asked_in_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_ask_lti", "_look_into_folder", "_fetch_file", "reconcile"):
        monkeypatch.setattr(pulling, name, lambda *_, name=name, **__: name)
    nothing: Any = None

    def ask(place: PulledSystem, token: str | None = "t") -> Any:
        wanted: Any = SimpleNamespace(place=place)
        record: Any = SimpleNamespace(token=token, seen={})
        return pulling._ask(nothing, nothing, wanted, record, NOW)

    assert [
        ask(place)
        for place in (PulledSystem.LTI, PulledSystem.FILE, PulledSystem.CANVAS, PulledSystem.MOODLE)
    ] == [
        ("_ask_lti", {}),
        ("_fetch_file", {}),
        ("reconcile", {}),
        ("reconcile", {}),
    ]
    assert ask(PulledSystem.FOLDER) == "_look_into_folder"
    assert ask(PulledSystem.LTI, None) == ("_ask_lti", {})
    assert ask(PulledSystem.FILE, None) == ("_fetch_file", {})
    for place in (PulledSystem.CANVAS, PulledSystem.MOODLE):
        with pytest.raises(InputError, match="no token was given"):
            ask(place, None)


def test_what_a_platform_was_asked_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = Fetched(courses=2, members=3, results=4, failed=("Course 7: no",))
    monkeypatch.setattr(pulling, "fetch_courses", lambda *_, **__: fetched)
    nothing: Any = None
    assert pulling._ask_lti(nothing, nothing, NOW) == Asked(asked=2, found=7, failed=["Course 7: no."])
