"""What a credential that lives says of its term, and which term of several is meant."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.issuing.living import living_of
from credserv.openbadges.achievement_results import ACCREDITED_FOR, RENEWAL_DATE, RENEWAL_OPENS
from credserv.openbadges.endorsement import MAX_ENDORSEMENTS
from credserv.records.accreditation import AccreditationRecord, TermRecord
from tests.unit.issuing.test_template import RECORD, URL, of_order

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = TermRecord("c1", 1, 1, AT, AT + 365 * DAY, AT + 395 * DAY, 60, AT, "board")
SECOND = replace(FIRST, number=2, valid_from=AT + DAY, term_end=AT + 730 * DAY, decided_at=AT + DAY)
GRANTED = AccreditationRecord("c1", "a1", "mentor", "m1", ("feedback", "planning"), 1, AT)
ACHIEVEMENT: dict[str, Any] = {
    "resultDescription": [
        {"id": f"urn:{kind}", "resultType": kind} for kind in (RENEWAL_DATE, RENEWAL_OPENS, ACCREDITED_FOR)
    ]
}


def desk_knowing(*terms: TermRecord, granted: AccreditationRecord | None = GRANTED, signed: Any = ()) -> Any:
    """Issuing services whose store knows one accreditation. signed: its endorsements until a decision."""
    kept = SimpleNamespace(
        of_credential=lambda _: SimpleNamespace(record=granted, terms=terms) if granted else None,
        endorsements=lambda application, until: signed if (application, until) == ("a1", AT) else (),
    )
    return SimpleNamespace(store=SimpleNamespace(accreditations=kept), public_url=URL)


def said(made: Any) -> dict[str, str]:
    return {result["resultDescription"]: result["value"] for result in made.results if "value" in result}


def test_the_first_term_is_meant_unless_another_is_named() -> None:
    first = living_of(desk_knowing(FIRST, SECOND), RECORD, ACHIEVEMENT)
    assert (first.begins, first.ends) == (FIRST.valid_from, FIRST.grace_end)
    assert said(first) == {
        f"urn:{RENEWAL_DATE}": "2027-01-05",
        f"urn:{RENEWAL_OPENS}": "2026-11-06",
        f"urn:{ACCREDITED_FOR}": "feedback, planning",
    }
    assert first.more["refreshService"]["id"] == f"{URL}/credentials/c1/refresh"
    second = living_of(desk_knowing(FIRST, SECOND), RECORD, ACHIEVEMENT, SECOND)
    assert said(second)[f"urn:{RENEWAL_DATE}"] == "2028-01-05"
    assert said(living_of(desk_knowing(), RECORD, ACHIEVEMENT, FIRST)) == said(first)


@pytest.mark.parametrize(("terms", "granted"), [((), GRANTED), ((FIRST,), None), ((), None)])
def test_without_an_accreditation_or_a_term_there_is_no_badge(terms: Any, granted: Any) -> None:
    with pytest.raises(InputError):
        living_of(desk_knowing(*terms, granted=granted), RECORD, ACHIEVEMENT)


def test_without_an_accreditation_a_term_alone_makes_no_badge() -> None:
    with pytest.raises(InputError):
        living_of(desk_knowing(granted=None), RECORD, ACHIEVEMENT, FIRST)


def test_only_what_the_achievement_describes_and_what_has_a_value_is_a_result() -> None:
    own = {"resultDescription": "urn:own"}
    made = living_of(desk_knowing(FIRST), of_order(results=(own,)), {})
    assert made.results == (own,)
    silent = replace(GRANTED, competencies=())
    made = living_of(desk_knowing(FIRST, granted=silent), RECORD, ACHIEVEMENT)
    assert f"urn:{ACCREDITED_FOR}" not in said(made)


def test_endorsements_are_embedded_or_tokens_and_so_many() -> None:
    whole, token = json.dumps({"id": "urn:e"}).encode(), b"a.b.c"
    made = living_of(desk_knowing(FIRST, signed=(whole, token)), RECORD, ACHIEVEMENT).more
    assert (made["endorsement"], made["endorsementJwt"]) == ([{"id": "urn:e"}], ["a.b.c"])
    made = living_of(desk_knowing(FIRST, signed=(token,) * 20), RECORD, ACHIEVEMENT).more
    assert len(made["endorsementJwt"]) == MAX_ENDORSEMENTS
    assert "endorsement" not in made
