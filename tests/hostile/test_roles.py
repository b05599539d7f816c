"""What a role does not allow, no address of the console does: tried at every one, by every role.

The addresses come from the URL map and the answers from the table that people read (records/roles.py), so
that a new page without a permission fails here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from credserv.records.access import SessionKind
from credserv.records.roles import PERMISSIONS, Permission, Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service

_OWN_ACCOUNT = ("console.account.", "staff.account.", "staff.proving.")
_NEUTRAL = {"console.sign_out", "console.home"}
_TABLE = Path(__file__).parents[2] / "docs" / "administrator.md"
_IDS = {"key": "mentor-foundation", "number": 1, "name": "academy-lms", "action": "revoke"}


@pytest.fixture(scope="module")
def endpoints(module_service: Service) -> list[tuple[str, str, Any]]:
    """Every address behind the console's sign-in: method, path, door."""
    app, found = module_service.app, []
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "__door__", None)
        if door is None or door.session is not SessionKind.ADMINISTRATOR:
            continue
        arguments = {name: _IDS.get(name, "x" * 22) for name in rule.arguments}
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            path = adapter.build(rule.endpoint, arguments, method=method)
            found.append((method, path, (rule.endpoint, door.needs)))
    return found


@pytest.fixture(scope="module")
def module_service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("roles")
    return make_service(f"sqlite:///{folder / 'roles.db'}", folder)


def test_every_address_of_the_console_names_what_it_needs(endpoints: list[tuple[str, str, Any]]) -> None:
    assert len(endpoints) > 30
    for _, path, (endpoint, needed) in endpoints:
        own = endpoint.startswith(_OWN_ACCOUNT) or endpoint in _NEUTRAL
        assert own is (needed is None), f"{path} needs a permission, or is one's own"


@pytest.mark.parametrize("role", list(Role))
def test_every_address_allows_and_refuses_as_the_table_says(
    module_service: Service, endpoints: list[tuple[str, str, Any]], role: Role
) -> None:
    person = Person(module_service).sign_in_as(role)
    token = re.search(r'name="csrf_token" value="([^"]+)"', person.get("/console/account"))[1]
    for method, path, (endpoint, needed) in endpoints:
        if endpoint.endswith((".sign_out_everywhere", ".sign_out", ".end_session")):
            continue
        data = {"csrf_token": token} if method == "POST" else None
        answer = person.client.open(path, method=method, data=data, headers={"Accept": "text/html"})
        refused = answer.status_code == 403 and "your role does not cover this" in answer.text.lower()
        allowed = needed is None or needed in PERMISSIONS[role]
        assert refused is not allowed, f"{role.value} {method} {path}: {answer.status_code}"
        assert answer.status_code < 500, f"{role.value} {method} {path}"


def test_an_analyst_sees_no_badge_and_nobody(sqlite_service: Service) -> None:
    """Figures of groups alone: not even the overview names anybody."""
    sqlite_service.issue(email="pat.quill@example.org", name="Pat Quill")
    assert "pat.quill@example.org" in Person(sqlite_service).sign_in_to_console().get("/console")
    page = Person(sqlite_service).sign_in_as(Role.ANALYST).get("/console")
    assert "quill" not in page.lower()
    assert 'href="/console/account"' in page
    assert 'href="/console/credentials"' not in page


def test_nobody_without_a_session_passes(
    module_service: Service, endpoints: list[tuple[str, str, Any]]
) -> None:
    client = module_service.client()
    for method, path, _ in endpoints:
        answer = client.open(path, method=method, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers.get("Location")) == (303, "/console"), path


def test_the_manual_shows_the_table_as_it_is() -> None:
    expected = ["| may | " + " | ".join(role.value for role in Role) + " |"]
    expected.append("|---|" + "---|" * len(Role))
    for one in Permission:
        marks = " ".join("yes |" if one in PERMISSIONS[role] else "|" for role in Role)
        expected.append(f"| {one.value} | {marks}")
    assert "\n".join(expected) in _TABLE.read_text(), "\n".join(expected)
