"""DCQL is read strictly, and matched as OpenID4VP 1.0, sections 6 and 7, has it."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.exchange.dcql import (
    OPEN_BADGE_VCT,
    ask_for_badges,
    choose_claims,
    is_of_kind,
    read_query,
    select,
    write_query,
)
from credserv.ground.errors import InputError

BADGE = {
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "credentialSubject": {
        "achievement": {"id": "urn:a", "name": "First aid"},
        "result": [{"value": "87"}, {"value": 3}],
    },
}


def one(**members: Any) -> dict[str, Any]:
    return {"credentials": [{"id": "badge", "format": "ldp_vc", "meta": {}, **members}]}


@pytest.mark.parametrize("achievements", [(), ("urn:a", "urn:b")])
@pytest.mark.parametrize("is_bound", [True, False])
def test_what_is_asked_is_read_as_it_was_written(achievements: tuple[str, ...], is_bound: bool) -> None:
    query = ask_for_badges(achievements=achievements, is_bound=is_bound)
    assert read_query(write_query(query)) == query


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"credentials": []},
        one(id="a b"),
        one(format=None),
        one(multiple="yes"),
        one(require_cryptographic_holder_binding=0),
        one(claims=[{"path": []}]),
        one(claims=[{"path": [True]}]),
        one(claims=[{"path": [-1]}]),
        one(claims=[{"path": ["a"], "values": [{}]}]),
        one(claim_sets=[["unknown"]]),
        one(meta={"type_values": ["VerifiableCredential"]}),
        one(meta={"vct_values": "urn:x"}),
        one() | {"credential_sets": [{"options": [["other"]]}]},
        {"credentials": [*one()["credentials"], *one()["credentials"]]},
        {"credentials": one()["credentials"] * 33},
    ],
)
def test_what_is_no_query_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        read_query(value)


def test_a_member_that_is_null_is_one_that_is_absent() -> None:
    """Never more is shown: holder binding stays wanted, and a set stays required."""
    claim = {"path": ["name"], "values": None, "id": None}
    nulls = dict.fromkeys(("claim_sets", "multiple", "require_cryptographic_holder_binding"))
    query = one(
        claims=[claim], trusted_authorities=None, meta={"type_values": None, "vct_values": None}, **nulls
    )
    query["credential_sets"] = [{"options": [["badge"]], "required": None}]
    plain = one(claims=[{"path": ["name"]}]) | {"credential_sets": [{"options": [["badge"]]}]}
    assert read_query(query) == read_query(plain)
    assert read_query(plain).credentials[0].is_bound
    assert read_query(one(claims=None)) == read_query(one() | {"credential_sets": None})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("credentialSubject", "achievement", "name"), ("First aid",)),
        (("credentialSubject", "result", None, "value"), ("87", 3)),
        (("credentialSubject", "result", 1, "value"), (3,)),
        (("credentialSubject", "result", 7, "value"), ()),
        (("credentialSubject", "result", "value"), ()),
        (("credentialSubject", 0), ()),
    ],
)
def test_a_path_selects_what_stands_there(path: tuple[Any, ...], found: tuple[Any, ...]) -> None:
    assert select(BADGE, path) == found


def test_a_kind_is_named_by_what_its_types_stand_for() -> None:
    ldp, jwt, sd_jwt = ask_for_badges().credentials
    assert is_of_kind(ldp, BADGE["type"])
    assert is_of_kind(jwt, ["VerifiableCredential", "AchievementCredential"])
    assert not is_of_kind(ldp, ["VerifiableCredential"])
    assert not is_of_kind(ldp, ["OpenBadgeCredential"])
    assert is_of_kind(sd_jwt, [OPEN_BADGE_VCT])
    assert not is_of_kind(sd_jwt, ["OpenBadgeCredential"])


def test_claims_are_chosen_as_the_verifier_prefers() -> None:
    name = {"id": "n", "path": ["credentialSubject", "achievement", "name"], "values": ["First aid"]}
    score = {"id": "s", "path": ["credentialSubject", "result", None, "value"], "values": ["3"]}
    (both,) = read_query(one(claims=[name, score])).credentials
    assert choose_claims(both, BADGE) is None  # a text is not the number that looks alike
    (either,) = read_query(one(claims=[name, score], claim_sets=[["n", "s"], ["n"]])).credentials
    assert [claim.id for claim in choose_claims(either, BADGE) or ()] == ["n"]


def test_sets_say_what_is_an_answer() -> None:
    query = ask_for_badges()
    assert query.is_answered_by(["badge_jwt"])
    assert not query.is_answered_by([])
    assert not read_query(one()).is_answered_by([])
    optional = read_query(
        {**write_query(query), "credential_sets": [{"options": [["badge"]], "required": False}]}
    )
    assert optional.is_answered_by([])
