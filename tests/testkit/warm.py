"""What every Flask application of a test process may share, because it is the same for all: compiled pages,
what routes are read as, and builders of addresses that are compiled when first used. Each application costs
a quarter of what it did.
"""

from __future__ import annotations

from typing import Any, ClassVar

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
    """A route that is read once in a process, and compiles its builder when an address is first built from
    it: most never are in a test."""

    _read: ClassVar[dict[tuple[object, ...], tuple[Any, ...]]] = {}

    def compile(self) -> None:
        known = self.rule, self.subdomain, self.host, self.merge_slashes, self.map and self.map.host_matching
        if known not in self._read:
            super().compile()
            self._read[known] = (self._parts, self._trace, self._converters, set(self._converters))
        self._parts, self._trace, self._converters, arguments = self._read[known]
        self.arguments |= arguments
        self._build = self._compile_builder(False).__get__(self, None)
        self._build_unknown = self._compile_builder(True).__get__(self, None)

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
