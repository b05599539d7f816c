"""previousProof: the assertions of the W3C Data Integrity test suite, both data models."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from credserv.ground.errors import InvalidSignatureError, ProofError
from tests.testkit.proofs import verify
from tests.testkit.shared import shared_path

FOLDER = shared_path("vectors/previous-proof")
VERDICTS = list(csv.DictReader((FOLDER / "EXPECTED.tsv").read_text().splitlines(), delimiter="\t"))


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return document


def controller(document: dict[str, Any]) -> str:
    method: str = document["proof"][-1]["verificationMethod"]
    return method.partition("#")[0]


@pytest.mark.parametrize("row", VERDICTS, ids=lambda row: row["file"])
def test_verdict(row: dict[str, str]) -> None:
    document = read(row["file"])
    if row["expected"] == "valid":
        (verified,) = verify(document, controller=controller(document))
        assert verified.verification_method == document["proof"][-1]["verificationMethod"]
        return
    with pytest.raises(ProofError, match=r"previousProof|id of a proof"):
        verify(document, controller=controller(document))


GOOD = [row for row in VERDICTS if row["expected"] == "valid"]


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row["file"])
def test_a_chain_of_two_controllers_stands_and_falls_with_both(row: dict[str, str]) -> None:
    """The issuer's proof builds on another's: asked for in the issuer's name alone, both must hold."""
    document = read(row["file"])
    assert document["issuer"] == controller(document)
    (verified,) = verify(document, controller=document["issuer"])
    assert verified.controller == document["issuer"]
    first, second = document["proof"]
    assert first["verificationMethod"] != second["verificationMethod"]
    for spoilt in (first | {"created": "2023-02-26T22:06:39Z"}, first | {"proofValue": second["proofValue"]}):
        with pytest.raises(InvalidSignatureError):
            verify(document | {"proof": [spoilt, second]}, controller=document["issuer"])
