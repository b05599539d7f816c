"""What every service of a test process may share, because it is the same for all: compiled pages, what routes
are read as, the map of all routes, compiled statements. Without it a service costs several times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.sansio.app import App
from flask.sansio.blueprints import Blueprint, BlueprintSetupState
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

from credserv.app import factory


class CompiledPages(BytecodeCache):
    """Keeps the compiled templates of this process, by name and the checksum of the source."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._pages.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._pages[bucket.key, bucket.checksum] = bucket.code


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


class SharedMap(Map):
    """A map of routes whose content is another's too, until a route of its own is added."""

    _is_shared = False

    def share(self, other: SharedMap) -> None:
        """Have what `other` has."""
        other.update()
        self._matcher, self._rules_by_endpoint = other._matcher, other._rules_by_endpoint
        self._is_shared = other._is_shared = True

    def add(self, rulefactory: RuleFactory) -> None:
        if self._is_shared:
            rules, self._matcher = self._rules, StateMachineMatcher(self.merge_slashes)
            self._rules_by_endpoint = {name: list(of) for name, of in self._rules_by_endpoint.items()}
            self._is_shared = False
            for rule in rules:
                self._matcher.add(rule)
        super().add(rulefactory)


class _Together:
    """Blueprints that are registered as one. After the first application, the others have its routes; what
    else a blueprint does to an application is done to each."""

    def __init__(self, blueprints: Sequence[Blueprint]) -> None:
        self._blueprints = blueprints
        # By the views that were there before.
        self._known: dict[frozenset[str], tuple[SharedMap, dict[str, Callable[..., Any]]]] = {}

    def register(self, app: App, options: dict[str, Any]) -> None:
        before, routes = frozenset(app.view_functions), app.url_map
        assert isinstance(routes, SharedMap)
        known = self._known.get(before)
        with pytest.MonkeyPatch.context() as patch:
            if known is not None:
                patch.setattr(BlueprintSetupState, "add_url_rule", lambda *_args, **_options: None)
            for blueprint in self._blueprints:
                blueprint.register(app, dict(options))
        if known is None:
            known = SharedMap(), {one: view for one, view in app.view_functions.items() if one not in before}
            known[0].share(routes)
            self._known[before] = known
        else:
            routes.share(known[0])
            app.view_functions.update(known[1])


def share_what_is_compiled() -> None:
    """By the class attributes that Flask has for it; blueprints and statements by what is never put back."""
    Flask.url_rule_class = LateRule
    Flask.url_map_class = SharedMap
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledPages()}
    patch = pytest.MonkeyPatch()
    patch.setattr(factory, "_BLUEPRINTS", (_Together(factory._BLUEPRINTS),))
    # A statement is compiled for a kind of database, which is the same for all of one driver.
    statements: LRUCache[Any, Any] = LRUCache(4_000)
    kept = property(lambda _engine: statements, lambda _engine, _own: None)
    patch.setattr(Engine, "_compiled_cache", kept, raising=False)
    patch.setattr(DefaultDialect, "__hash__", lambda own: hash(type(own)))
    patch.setattr(DefaultDialect, "__eq__", _is_of_one_kind)


def _is_of_one_kind(one: DefaultDialect, other: DefaultDialect) -> bool:
    return type(one) is type(other) and one.paramstyle == other.paramstyle
