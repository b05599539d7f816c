"""What step 3 of RDFC-1.0 may cost (section 4.8)."""

from __future__ import annotations

import pytest

from credserv.ground.errors import TooComplexError
from credserv.proof.rdf import dataset
from credserv.proof.rdf.dataset import Dataset


def test_quads_that_name_no_other_node_are_examined_and_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_two_alike(quads: int) -> Dataset:
        made = Dataset()
        nodes = made.new_blank(), made.new_blank()
        for node, other in (nodes, nodes[::-1]):
            made.add(node, "<urn:knows> ", other, None)
            for number in range(quads):
                made.add(node, f"<urn:{number}> ", "<urn:o>", "<urn:graph>")
        return made

    monkeypatch.setattr(dataset, "MAX_WORK", 200)
    assert of_two_alike(9).canonical()
    with pytest.raises(TooComplexError):
        of_two_alike(200).canonical()
