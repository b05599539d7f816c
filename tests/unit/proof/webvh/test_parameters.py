"""What each parameter of a did:webvh may say, at its bounds, and what it is when an entry does not say it."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import InputError, UnsupportedProofError
from credserv.proof.webvh.entry import METHOD, key_hash
from credserv.proof.webvh.parameters import Parameters, Witnessing, after

FIRST = {"method": METHOD, "scid": "Qm1", "updateKeys": ["z6MkOne"]}
WITNESS = {"id": "did:key:z6MkWitness"}
OTHER = {"id": "did:key:z6MkOther"}


def first(**said: Any) -> Parameters:
    return after(None, FIRST | said)


def test_what_the_first_entry_says_holds_and_what_it_does_not_say_is_none() -> None:
    assert first() == Parameters(update_keys=("z6MkOne",))
    everything = first(
        portable=True,
        nextKeyHashes=["QmNext"],
        deactivated=True,
        witness={"threshold": 1, "witnesses": [WITNESS, OTHER]},
        watchers=["https://watcher.example"],
        ttl=60,
    )
    assert everything == Parameters(
        ("z6MkOne",), ("QmNext",), Witnessing(1, frozenset({WITNESS["id"], OTHER["id"]})), True, True
    )


def test_what_a_later_entry_does_not_say_stays_but_for_the_end_of_the_did() -> None:
    before = Parameters(("z6MkOne",), (), Witnessing(1, frozenset({WITNESS["id"]})), True, True)
    assert after(before, {}) == Parameters(("z6MkOne",), (), before.witnessing, True, False)
    changed = after(
        before, {"updateKeys": ["z6MkTwo"], "nextKeyHashes": ["QmThree"], "witness": {}, "portable": False}
    )
    assert changed == Parameters(("z6MkTwo",), ("QmThree",), None, False, False)


def test_null_stands_for_what_is_not_used() -> None:
    before = first(portable=True, witness={"threshold": 1, "witnesses": [WITNESS]})
    said = dict.fromkeys(("updateKeys", "nextKeyHashes", "witness", "deactivated", "ttl", "watchers"))
    assert after(before, said) == Parameters(portable=True)
    with pytest.raises(InputError, match="portable is neither"):
        after(before, {"portable": None})  # which has no value that stands for none


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"scid": None, "controller": 1}, "unknown meaning: 'controller'"),
        ({"portable": "yes"}, "portable is neither"),
        ({"deactivated": 1}, "deactivated is neither"),
        ({"ttl": "60"}, "ttl is no number"),
        ({"ttl": 1.5}, "ttl is no number"),
        ({"ttl": True}, "ttl is no number"),
        ({"ttl": -1}, "ttl is no number"),
        ({"ttl": 2**31 + 1}, "ttl is no number"),
        ({"updateKeys": "z6MkOne"}, "updateKeys is no list of texts"),
        ({"nextKeyHashes": [1]}, "nextKeyHashes is no list of texts"),
        ({"watchers": {}}, "watchers is no list of texts"),
        ({"updateKeys": ["z6MkOne", "z6MkOne"]}, "updateKeys names one twice"),
    ],
)
def test_a_parameter_of_another_form_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        first(**said)


@pytest.mark.parametrize("stated", [None, [], "method"])
def test_parameters_are_an_object(stated: object) -> None:
    with pytest.raises(InputError, match="no object"):
        after(None, stated)


def test_ttl_and_bounds_that_are_allowed() -> None:
    for ttl in (0, 2**31):
        assert first(ttl=ttl) == first()


def test_the_method_is_said_first_and_may_be_said_again() -> None:
    assert after(first(), {"method": METHOD}) == first()
    for before, said in (
        (None, {"scid": "Qm1"}),
        (None, {"method": "did:webvh:0.5"}),
        (first(), {"method": "x"}),
    ):
        with pytest.raises(UnsupportedProofError, match=METHOD):
            after(before, said)


def test_the_scid_is_said_once() -> None:
    for before, said in ((None, {"method": METHOD}), (first(), {"scid": "Qm1"})):
        with pytest.raises(InputError, match="scid is said in the first entry"):
            after(before, said)


def test_a_did_is_made_portable_at_its_beginning_alone() -> None:
    assert after(first(portable=True), {"portable": True}).portable
    assert not after(first(), {"portable": False}).portable
    with pytest.raises(InputError, match="made portable in its first entry"):
        after(first(), {"portable": True})


def test_with_pre_rotation_each_entry_says_its_keys_and_those_were_foreseen() -> None:
    before = first(nextKeyHashes=[key_hash("z6MkTwo"), key_hash("z6MkThree")])
    assert after(before, {"updateKeys": ["z6MkTwo"], "nextKeyHashes": []}).update_keys == ("z6MkTwo",)
    for said in ({"updateKeys": ["z6MkTwo"]}, {"nextKeyHashes": []}, {}):
        with pytest.raises(InputError, match="each entry says updateKeys and nextKeyHashes"):
            after(before, said)
    for keys in (["z6MkOne"], ["z6MkTwo", "z6MkOne"]):
        with pytest.raises(InputError, match="did not foresee"):
            after(before, {"updateKeys": keys, "nextKeyHashes": []})


@pytest.mark.parametrize(
    ("witness", "why"),
    [
        ([], "no object with threshold"),
        ("", "no object with threshold"),
        (["threshold", "witnesses"], "no object with threshold"),
        ({"threshold": 1}, "no object with threshold"),
        ({"threshold": 1, "witnesses": 7}, "no list of objects"),
        ({"threshold": 1, "witnesses": [WITNESS], "weight": 1}, "no object with threshold"),
        ({"threshold": 1, "witnesses": WITNESS}, "no list of objects"),
        ({"threshold": 1, "witnesses": [WITNESS["id"]]}, "no list of objects"),
        ({"threshold": 1, "witnesses": [{"id": 7}]}, "no list of texts"),
        ({"threshold": 1, "witnesses": [WITNESS, WITNESS]}, "names one twice"),
        ({"threshold": 1, "witnesses": [WITNESS, {"id": "did:web:w.example"}]}, "no did:key"),
        ({"threshold": 0, "witnesses": [WITNESS]}, "between 1 and their number"),
        ({"threshold": 2, "witnesses": [WITNESS]}, "between 1 and their number"),
        ({"threshold": True, "witnesses": [WITNESS]}, "between 1 and their number"),
        ({"threshold": "1", "witnesses": [WITNESS]}, "between 1 and their number"),
    ],
)
def test_witnesses_of_another_form_are_refused(witness: object, why: str) -> None:
    with pytest.raises(InputError, match=why):
        first(witness=witness)


def test_as_many_witnesses_as_there_are_may_have_to_sign() -> None:
    assert first(witness={"threshold": 2, "witnesses": [WITNESS, OTHER]}).witnessing == Witnessing(
        2, frozenset({WITNESS["id"], OTHER["id"]})
    )
    assert first(witness={}).witnessing is None


@pytest.mark.parametrize("more", [{"weight": 1}, {"id": "did:key:z6", "weight": 1}])
def test_a_witness_with_a_weight_is_not_understood_and_not_false(more: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedProofError, match="such as a weight"):
        first(witness={"threshold": 1, "witnesses": [WITNESS, more]})
