"""When tests are looked through for garbage; here, since it is imported before all else.

What is imported, and the thousands of tests, stay to the end: nothing is gained by looking through them again
and again, while they are made or later.
"""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

SELDOM = (10_000, 10, 10)  # how many new objects, and how many rounds of the younger ones

gc.disable()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*SELDOM)
