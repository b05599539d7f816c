"""JSON Pointers into a credential: what each of them shows, and that none leads astray."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.proof.data_integrity.sd_pointers import MAX_POINTERS, select
from credserv.proof.data_integrity.sd_statements import Statements, terms_of
from tests.testkit.proofs import canonizer

LONG = "a" * 999
DOCUMENT: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "urn:1",
    "type": ["VerifiableCredential"],
    "name": None,
    LONG: 1,
    "a/b": {"~": "tilde"},
    "credentialSubject": {
        "id": "did:example:1",
        "name": "Ada",
        "sports": [{"type": "Sport", "name": "sailing", "years": 3}, "chess", ["go", "shogi"]],
    },
}
AROUND = {name: DOCUMENT[name] for name in ("@context", "id", "type")}
SUBJECT = {"id": "did:example:1"}


def shown(*pointers: str) -> Any:
    return select(DOCUMENT, pointers)


@pytest.mark.parametrize(
    ("pointers", "part"),
    [
        (["/name"], {"name": None}),
        (["/" + LONG], {LONG: 1}),
        (["/a~1b/~0"], {"a/b": {"~": "tilde"}}),
        (["/id"], {}),
        (["/credentialSubject/name"], {"credentialSubject": SUBJECT | {"name": "Ada"}}),
        (["/credentialSubject"], {"credentialSubject": DOCUMENT["credentialSubject"]}),
        (
            ["/credentialSubject/sports/0/years"],
            {"credentialSubject": SUBJECT | {"sports": [{"type": "Sport", "years": 3}]}},
        ),
        (
            ["/credentialSubject/sports/2/1", "/credentialSubject/sports/1"],
            {"credentialSubject": SUBJECT | {"sports": ["chess", ["shogi"]]}},
        ),
        (
            ["/credentialSubject/sports", "/credentialSubject/sports/0/name"],  # named as a whole before
            {"credentialSubject": SUBJECT | {"sports": DOCUMENT["credentialSubject"]["sports"]}},
        ),
        (
            ["/credentialSubject/sports/0/name", "/credentialSubject/sports"],
            {"credentialSubject": SUBJECT | {"sports": DOCUMENT["credentialSubject"]["sports"]}},
        ),
    ],
)
def test_a_part_is_shown_with_what_says_whose_it_is(pointers: Sequence[str], part: dict[str, Any]) -> None:
    assert shown(*pointers) == AROUND | part


def test_no_pointer_names_nothing_and_an_empty_one_the_whole() -> None:
    assert shown() is None
    for whole in (shown(""), shown("/name", "")):
        assert whole == DOCUMENT
        assert whole["credentialSubject"] is not DOCUMENT["credentialSubject"]
    part = shown("/credentialSubject")
    assert part["credentialSubject"] is not DOCUMENT["credentialSubject"]
    assert part["@context"] is not DOCUMENT["@context"]


@pytest.mark.parametrize(
    "pointer",
    [
        "/nothing",
        "/name/more",
        "/@context",
        "/@context/0",
        "/credentialSubject/sports/3",
        "/credentialSubject/sports/00",
        "/credentialSubject/sports/-",
        "/credentialSubject/sports/name",
        "/credentialSubject/sports/1/0",
        "/credentialSubject/sports/2/2",
        "/credentialSubject/sports/1000000",
    ],
)
def test_a_pointer_that_leads_nowhere_is_told(pointer: str) -> None:
    for pointers in ([pointer], ["/credentialSubject", pointer]):
        with pytest.raises(SchemaFaultsError, match="there is nothing at") as told:
            shown(*pointers)
        assert pointer[:20] in told.value.faults[0].message


@pytest.mark.parametrize("pointer", ["name", "/a~b", "/~", "/a~2", "/" + "a" * 1_000])
def test_what_is_no_pointer_is_told(pointer: str) -> None:
    with pytest.raises(SchemaFaultsError, match="not a JSON Pointer"):
        shown(pointer)


def test_as_many_pointers_are_read_as_there_may_be() -> None:
    assert shown(*["/name"] * MAX_POINTERS) == AROUND | {"name": None}
    with pytest.raises(SchemaFaultsError, match="more than"):
        shown(*["/name"] * (MAX_POINTERS + 1))


def test_objects_get_a_name_to_a_depth() -> None:
    def named(depth: int) -> Any:
        document: Any = {"type": "T"}
        for _ in range(depth):
            document = [document]
        return Statements({"id": "urn:x", "a": document}, b"key", canonizer())._named

    assert str(named(46)).count("urn:bnid:") == 1
    with pytest.raises(InputError, match="nested deeper than 48 levels"):
        named(47)
    kept = {"id": "urn:x", "a": {"@value": "v"}, "@context": [{"T": "urn:T"}]}
    assert Statements(kept, b"key", canonizer())._named == kept


def test_a_statement_is_taken_apart_or_the_document_refused() -> None:
    assert terms_of('_:c14n0 <urn:p> "a \\" b"@en <urn:g> .\n') == (
        "_:c14n0", "<urn:p>", '"a \\" b"@en', "<urn:g>"
    )  # fmt: skip
    assert terms_of("<urn:s> <urn:p> _:c14n1 .\n")[3] is None
    for line in ("", "<urn:s> <urn:p> .\n", "<urn:s> <urn:p> <urn:o>\n", '<urn:s> _:c14n0 "a" .\n'):
        with pytest.raises(InputError, match="cannot be taken apart"):
            terms_of(line)
