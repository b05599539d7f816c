"""previousProof: the assertions of the W3C Data Integrity test suite, both data models."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from credserv.errors import InvalidSignatureError, ProofError, UnknownContextError
from credserv.proof.canonize import Canonizer
from credserv.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from tests.support.proofs import contexts_with, verify
from tests.support.shared import shared_path

FOLDER = shared_path("vectors/previous-proof")
VERDICTS = list(csv.DictReader((FOLDER / "EXPECTED.tsv").read_text().splitlines(), delimiter="\t"))


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return document


def pinned(document: dict[str, Any]) -> tuple[dict[str, Any], EddsaRdfc2022]:
    """The document with its inline context under a URL, and a suite that knows the URL.

    A @context is no part of what is signed, and we take none inline.
    """
    url = "https://alumni.example/v1"
    inline = next(context for context in document["@context"] if not isinstance(context, str))
    urls = [context if isinstance(context, str) else url for context in document["@context"]]
    return document | {"@context": urls}, EddsaRdfc2022(Canonizer(contexts_with({url: inline})))


def controller(document: dict[str, Any]) -> str:
    method: str = document["proof"][-1]["verificationMethod"]
    return method.partition("#")[0]


@pytest.mark.parametrize("row", VERDICTS, ids=lambda row: row["file"])
def test_verdict(row: dict[str, str]) -> None:
    document, suite = pinned(read(row["file"]))
    arguments: dict[str, Any] = {"suites": {suite.identifier: suite}, "controller": controller(document)}
    if row["expected"] == "valid":
        (verified,) = verify(document, **arguments)
        assert verified.verification_method == document["proof"][-1]["verificationMethod"]
        return
    with pytest.raises(ProofError, match=r"previousProof|id of a proof"):
        verify(document, **arguments)


GOOD = [row for row in VERDICTS if row["expected"] == "valid"]


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row["file"])
def test_a_chain_of_two_controllers_stands_and_falls_with_both(row: dict[str, str]) -> None:
    """The issuer's proof builds on another's: asked for in the issuer's name alone, both must hold."""
    document, suite = pinned(read(row["file"]))
    suites = {suite.identifier: suite}
    assert document["issuer"] == controller(document)
    (verified,) = verify(document, suites=suites)
    assert verified.controller == document["issuer"]
    first, second = document["proof"]
    assert first["verificationMethod"] != second["verificationMethod"]
    for spoilt in (first | {"created": "2023-02-26T22:06:39Z"}, first | {"proofValue": second["proofValue"]}):
        with pytest.raises(InvalidSignatureError):
            verify(document | {"proof": [spoilt, second]}, suites=suites)


def test_as_published_its_inline_context_is_refused() -> None:
    document = read("2.0-previousProofStringOk-SimpleSigned2.json")
    with pytest.raises(UnknownContextError):
        verify(document, controller=controller(document))
