"""Plain orders are read in a faster way, to the same values as by the declared shape, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from credserv.journeys.award.batch import MAX_BATCH
from credserv.web.api import shapes as payloads
from credserv.web.api.orders import read_plain_batch, read_plain_order

PLAIN: dict[str, Any] = {
    "achievement": "mentor-foundation",
    "recipient": {"email": "ann@example.org", "did": "did:web:ann.example", "name": "Ann Roe"},
    "idempotency_key": "row-1",
    "awarded_at": "2026-03-01T10:00:00+01:00",
}
_TEXTS = st.sampled_from(
    [
        "",
        "a",
        "a" * 64,
        "a" * 65,
        "k" * 256,
        "ann@example.org",
        "ann@",
        "did:key:z6Mk",
        "2026-03-01T10:00:00Z",
    ]
)
_VALUES = _TEXTS | st.none() | st.booleans() | st.integers() | st.lists(_TEXTS, max_size=1)
_RECIPIENTS = st.dictionaries(st.sampled_from(["email", "did", "name", "phone"]), _VALUES, max_size=3)
_ORDERS = st.fixed_dictionaries(
    {"achievement": _VALUES, "recipient": _RECIPIENTS | _VALUES, "idempotency_key": _VALUES},
    optional={"awarded_at": _VALUES, "version": _VALUES, "results": _VALUES, "more": _VALUES},
)
_BATCHES = st.sampled_from(["items", "credentials"]).flatmap(
    lambda name: st.fixed_dictionaries({name: st.lists(_ORDERS | st.just(PLAIN), max_size=3) | _VALUES})
)


@given(_BATCHES | _VALUES)
def test_what_is_read_fast_is_what_the_shape_would_load(data: Any) -> None:
    plain = read_plain_batch(data)
    if plain is not None:
        assert plain == (payloads.BatchPayload().load(data),)


@pytest.mark.parametrize("left_out", [(), ("awarded_at",)])
def test_plain_orders_are_read_fast(left_out: tuple[str, ...]) -> None:
    order = {name: value for name, value in PLAIN.items() if name not in left_out}
    data = {"items": [order, order | {"recipient": {"did": "did:key:z6Mk"}}]}
    assert read_plain_batch(data) == (payloads.BatchPayload().load(data),)


@pytest.mark.parametrize(
    "changed",
    [
        {"results": [{"value": "87"}]},
        {"version": 2},
        {"recipient": {}},
        {"recipient": {"name": "Ann"}},
        {"recipient": {"email": "ann@"}},
        {"awarded_at": "yesterday"},
        {"achievement": ""},
        {"idempotency_key": "k" * 256},
        {"more": "x"},
    ],
)
def test_everything_else_is_left_to_the_shape(changed: dict[str, Any]) -> None:
    assert read_plain_batch({"items": [PLAIN, PLAIN | changed]}) is None


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"items": []}, {"items": {}}, {"items": [1]}, {"items": [PLAIN], "credentials": []}],
)
def test_what_is_no_batch_is_left_to_the_shape(data: Any) -> None:
    assert read_plain_batch(data) is None
    assert read_plain_batch({"items": [PLAIN] * (MAX_BATCH + 1)}) is None


@given(_ORDERS | st.just(PLAIN), st.lists(_TEXTS | st.just("key-of-order-1"), max_size=2))
def test_a_single_order_is_read_fast_as_the_shapes_would_load_it(
    data: dict[str, Any], keys: list[str]
) -> None:
    single = {name: value for name, value in data.items() if name != "idempotency_key"}
    headers = [("Idempotency-Key", key) for key in keys]
    with Flask("test").test_request_context(headers=headers):
        plain = read_plain_order(single)
    if plain is not None:
        expected = payloads.IdempotencyHeaders().load({"Idempotency-Key": keys[0]})
        assert plain == (expected, payloads.CredentialOrderPayload().load(single))


def test_a_plain_single_order_is_read_fast() -> None:
    single = {name: value for name, value in PLAIN.items() if name != "idempotency_key"}
    with Flask("test").test_request_context(headers={"Idempotency-Key": "key-of-order-1"}):
        assert read_plain_order(single) is not None
        assert read_plain_order(single | {"more": "x"}) is None
        assert read_plain_order(PLAIN) is None  # the key of a single order is in its header


@pytest.mark.parametrize("keys", [(), ("short",), ("white space",), ("key-of-order-1", "key-of-order-1")])
def test_a_single_order_without_one_good_key_is_left_to_the_shapes(keys: tuple[str, ...]) -> None:
    single = {name: value for name, value in PLAIN.items() if name != "idempotency_key"}
    headers = [("Idempotency-Key", key) for key in keys]
    with Flask("test").test_request_context(headers=headers):
        assert read_plain_order(single) is None
