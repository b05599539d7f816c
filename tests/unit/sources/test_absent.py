"""What is missing stays missing: no adapter makes a number, a truth or a person of it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.errors import InputError
from credserv.records.observations import Observation
from tests.testkit.reading import DIALECTS, as_bytes, leaves, read, sample, samples, without_each

NUMBERS = ("raw", "min", "max", "scaled")
CASES = [(dialect, name) for dialect in DIALECTS for name in samples(dialect)]
JSON = [(dialect, name) for dialect, name in CASES if name.endswith(".json")]


def facts(found: Observation) -> set[tuple[str, Any]]:
    """Every number, truth and person that it says."""
    numbers = {(name, getattr(found, name)) for name in (*NUMBERS, "success", "completion")}
    named = {(person.kind.value, person.value) for person in found.people}
    by = {("asserted_by", found.asserted_by.value)} if found.asserted_by else set()
    return {fact for fact in numbers | named | by if fact[1] is not None}


def observed(dialect: str, document: Any) -> tuple[Observation, ...]:
    try:
        return read(dialect, document).observations
    except InputError:
        return ()


@pytest.mark.parametrize(("dialect", "name"), JSON)
def test_a_member_that_is_missing_adds_nothing(dialect: str, name: str) -> None:
    whole = set().union(*(facts(one) for one in observed(dialect, sample(dialect, name))), set())
    for place, changed in without_each(sample(dialect, name)):
        for one in observed(dialect, changed):
            assert facts(one) <= whole, place


@pytest.mark.parametrize(("dialect", "name"), CASES)
def test_all_that_is_said_was_sent(dialect: str, name: str) -> None:
    body = as_bytes(dialect, name)
    sent = json.loads(body) if name.endswith(".json") else dict(parse_qsl(body.decode()))
    texts = {str(leaf) for leaf in leaves(sent)} | set(re.findall(r"[is]:(?:\d+:)?\"?(\w+)", body.decode()))
    numbers = {Decimal(text) for text in texts if re.fullmatch(r"-?\d+(\.\d+)?", text)}
    for one in observed(dialect, name):
        assert {getattr(one, name) for name in NUMBERS} - {None} <= numbers
        for person in [*one.people, *filter(None, [one.asserted_by])]:
            assert any(text == person.value or text.endswith(person.value) for text in texts)


@pytest.mark.parametrize(("dialect", "name"), JSON)
def test_a_message_is_the_same_however_it_is_written(dialect: str, name: str) -> None:
    """Sent again with other spaces and another order of members, or among others: the same observations."""
    document = sample(dialect, name)
    before = observed(dialect, name)
    assert observed(dialect, json.dumps(_reversed(document), indent=3).encode()) == before
    if dialect != "caliper":
        assert observed(dialect, [document, document]) == before * 2


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("dialect", "name"), JSON)
def test_what_is_of_another_type_makes_no_truth_and_no_person(dialect: str, name: str) -> None:
    """Each member in turn as a number, a truth, a list, an object, and a text without sense."""

    @settings(max_examples=25, deadline=None)
    @given(
        st.integers(0, 10**6), st.sampled_from([True, 1, -1, [], {}, [1], {"id": 5}, " ", "\x01", "no", 1.5])
    )
    def ask(at: int, value: Any) -> None:
        document = sample(dialect, name)
        places = _holders(document)
        holder, key = places[at % len(places)]
        holder[key] = value
        sent = {str(leaf) for leaf in leaves(document)}
        for one in observed(dialect, document):
            assert one.success is None or one.success in [
                leaf for leaf in leaves(document) if leaf in (True, False)
            ]
            for person in one.people:
                assert any(person.value in text for text in sent)

    ask()


def _holders(value: Any) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    return [(value, key) for key in keys] + [one for key in keys for one in _holders(value[key])]


def test_the_form_of_open_edx_loses_a_field_and_gains_nothing() -> None:
    pairs = parse_qsl(
        as_bytes("openedx", "webhook-CERTIFICATE_CREATED.form.txt").decode(), keep_blank_values=True
    )
    (whole,) = observed("openedx", "webhook-CERTIFICATE_CREATED.form.txt")
    for at in range(len(pairs)):
        for one in observed("openedx", urlencode(pairs[:at] + pairs[at + 1 :]).encode()):
            assert facts(one) <= facts(whole), pairs[at]
