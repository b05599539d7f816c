"""Nobody has two parts in one case."""

from __future__ import annotations

import itertools

import pytest

from credserv.accreditation.separation import involved
from credserv.records.cases import Case, CaseRole

CASE = Case({role: {f"the {role.value}"} for role in CaseRole})


@pytest.mark.parametrize("role", list(CaseRole))
def test_who_has_a_part_is_involved_by_it(role: CaseRole) -> None:
    assert involved(CASE, f"the {role.value}") is role
    assert involved(CASE, f"the {role.value}", besides=role) is None, "the same part again is no second one"


@pytest.mark.parametrize(("had", "wanted"), list(itertools.permutations(CaseRole, 2)))
def test_no_part_goes_with_another(had: CaseRole, wanted: CaseRole) -> None:
    assert involved(CASE, f"the {had.value}", besides=wanted) is had


def test_who_has_none_is_not_involved() -> None:
    assert involved(CASE, "somebody else") is None
    assert involved(Case({}), "anybody") is None


def test_of_several_parts_the_first_is_told() -> None:
    case = Case({CaseRole.ASSESSOR: {"ann"}, CaseRole.ENDORSER: {"ann"}})
    assert involved(case, "ann", besides=CaseRole.DECIDER) is CaseRole.ENDORSER
