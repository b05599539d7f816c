"""The draw of an audit, by the vectors."""

from __future__ import annotations

import json

from credserv.accreditation.draw import chance_of_finding, commitment, draw, sample_size
from tests.testkit.shared import shared_path


def test_anyone_recomputes_the_draw() -> None:
    known = json.loads(shared_path("accreditation/audit-vectors.json").read_text())
    rule = {"share": known["share"], "minimum": known["minimum"]}
    assert commitment(known["seed_hex"]) == known["commitment"]
    assert draw(known["seed_hex"], known["population"], **rule) == known["drawn"]
    more = [*known["population"], "c0041"]
    assert draw(known["seed_hex"], more, **rule) == known["one_more_member_c0041"]
    for population, share, minimum, size in known["sizes"]:
        assert sample_size(population, share, minimum) == size


def test_a_draw_says_what_it_finds() -> None:
    assert round(chance_of_finding(43, 5, 4), 2) == 0.40
    assert chance_of_finding(43, 43, 1) == 1
    assert chance_of_finding(43, 5, 0) == chance_of_finding(0, 0, 4) == 0
    assert chance_of_finding(3, 1, 9) == 1
