"""The plain form: one walk for nearly every document gives what gathering its nodes gives."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from credserv.openbadges import plain
from credserv.openbadges.plain import plain_form

_NAMES = st.sampled_from(
    ["id", "issuer", "image", "result", "resultDescription", "achievedLevel", "name", "proof"]
)
_TEXTS = st.sampled_from(["urn:a", "urn:b", "urn:c", "text"])
_LEAVES = st.one_of(_TEXTS, st.none(), st.booleans(), st.integers(0, 2))
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _VALUES, max_size=5))
def test_one_walk_gives_what_gathering_the_nodes_gives(document: dict[str, Any]) -> None:
    gathered = plain._Form(plain._nodes(document)).members(document, "", ())
    assert json.dumps(plain_form(document)) == json.dumps(gathered)


def test_a_node_that_is_described_elsewhere_is_written_out() -> None:
    issuer = {"id": "urn:issuer", "name": "A school"}
    found = plain_form({"issuer": "urn:issuer", "credentialSubject": {"achievement": {"creator": issuer}}})
    assert found["issuer"] == issuer


def test_nothing_is_gathered_where_no_node_is_named_twice() -> None:
    found = plain_form({"id": "urn:a", "issuer": {"id": "urn:b", "type": ["Profile"], "image": []}})
    assert found == {"id": "urn:a", "issuer": {"id": "urn:b", "type": "Profile"}}
