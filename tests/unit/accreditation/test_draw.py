"""The draw of an audit, by the vectors."""

from __future__ import annotations

import json

from credserv.accreditation.draw import commitment, draw, sample_size
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
