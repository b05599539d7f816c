"""The manual on a running service: every document, every link in it, and the way to it (found.md D7)."""

from __future__ import annotations

import re

import pytest

from credserv.web.public.manual import FIRST, FOLDER
from tests.testkit.service import Service

CHAPTERS = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.md"))


def read(service: Service, address: str) -> str:
    answer = service.client().get(address, headers={"Accept": "text/html"}, follow_redirects=True)
    assert answer.status_code == 200, address
    return answer.text


def test_d7_every_document_is_there_with_every_link(sqlite_service: Service) -> None:
    shown = {name: read(sqlite_service, f"/docs/{name}") for name in CHAPTERS}
    assert set(FIRST) <= set(CHAPTERS)
    for name, text in shown.items():
        assert text.count("<h1") == 1, name
        for target, anchor in re.findall(r'href="/docs/([^"#]*)(?:#([^"]+))?"', text):
            assert not anchor or f'id="{anchor}"' in shown[target], f"{name}: {target}#{anchor}"
            assert target in {*shown, ""}, f"{name}: {target}"
        assert not re.search(r'href="(?!/|https?://|#)', text), name


def test_d7_the_contents_name_what_there_is(sqlite_service: Service) -> None:
    contents = read(sqlite_service, "/docs")
    places = [contents.index(f'href="/docs/{name}"') for name in FIRST]
    assert places == sorted(places)


@pytest.mark.parametrize("address", ["/", "/verify", "/wallet", "/issuer", "/console", "/api/v1/docs"])
def test_d7_every_page_leads_to_the_manual(sqlite_service: Service, address: str) -> None:
    answer = sqlite_service.client().get(address, headers={"Accept": "text/html"}, follow_redirects=True)
    footer = answer.text.partition("<footer")[2]
    assert 'href="/docs"' in footer
    if address == "/api/v1/docs":
        assert 'href="/docs"' in answer.text.partition("<footer")[0]


@pytest.mark.parametrize("name", ["nothing", "../README", "%2e%2e/README", "adr", "adr/..", "operator.md"])
def test_what_is_no_document_is_not_found(sqlite_service: Service, name: str) -> None:
    assert sqlite_service.client().get(f"/docs/{name}").status_code == 404
