"""The parts of the testkit that could make other tests lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.assertion import rewrite
from flask import Flask
from werkzeug.routing import Map, Rule

from tests.testkit.rewritten import compile_test
from tests.testkit.service import make_service
from tests.testkit.warm import LateRule


def test_services_that_live_at_once_have_keys_and_secrets_of_their_own(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    services = [make_service(f"sqlite:///{folder / 'c.sqlite'}", folder) for folder in folders]
    assert len({service.services.issuer.did for service in services}) == 2
    assert len({service.secret for service in services}) == 2


def test_services_that_do_not_live_at_once_are_copies_of_one(tmp_path: Path) -> None:
    """To make each anew would cost more than most of the tests with it."""
    keys = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        service = make_service(f"sqlite:///{tmp_path / name / 'c.sqlite'}", tmp_path / name)
        keys.add(service.services.issuer.did)
        del service
    assert len(keys) == 1


def test_a_service_on_a_database_that_has_one_is_the_same_again(tmp_path: Path) -> None:
    first = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path)
    credential = first.issue()
    again = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path)
    assert again.services.issuer.did == first.services.issuer.did
    assert again.client().get(f"/credentials/{credential}").status_code == 200


def test_an_address_is_built_as_by_the_rule_it_stands_for() -> None:
    for given in ("/", "/a/<name>", "/a/<int:number>/b"):
        late, plain = LateRule(given, endpoint="x"), Rule(given, endpoint="x")
        for rule in (late, plain):
            Map([rule])
        values = {"name": "é /", "number": 7, "more": "x"}
        assert late.build(values, True) == plain.build(values, True)
        needed = {name: value for name, value in values.items() if f"{name}>" in given}
        assert late.build(needed, False) == plain.build(needed, False)
    assert Flask.url_rule_class is LateRule


def test_a_test_that_was_compiled_before_is_what_pytest_takes(tmp_path: Path) -> None:
    module = tmp_path / "test_of_one.py"
    module.write_text("def test_one():\n    assert 1 == 1\n")
    compile_test(module)
    (kept,) = rewrite.get_cache_dir(module).iterdir()
    assert kept.name == module.stem + rewrite.PYC_TAIL
    assert rewrite._read_pyc(module, kept) is not None


def test_of_another_pytest_nothing_is_compiled_and_nothing_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "test_of_one.py"
    module.write_text("def test_one():\n    assert 1 == 1\n")
    monkeypatch.delattr(rewrite, "_rewrite_test")
    compile_test(module)
    assert not rewrite.get_cache_dir(module).exists()
