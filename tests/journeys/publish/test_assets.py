"""What every page loads: kept for a year, and small on its way to a phone."""

from __future__ import annotations

import gzip

import pytest

from tests.testkit.service import Service


@pytest.mark.parametrize("name", ["credserv.css", "mark.svg"])
def test_an_asset_is_compressed_for_who_can_read_that(sqlite_service: Service, name: str) -> None:
    client = sqlite_service.client()
    plain = client.get(f"/assets/{name}", buffered=True)
    packed = client.get(f"/assets/{name}", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.content_length == len(packed.data) < len(plain.data)
    assert packed.mimetype == plain.mimetype
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "public, max-age=31536000"
    assert plain.headers["ETag"] != packed.headers["ETag"]


def test_a_letter_is_compressed_already_and_what_is_not_there_is_not(sqlite_service: Service) -> None:
    asked = {"headers": {"Accept-Encoding": "gzip"}}
    font = sqlite_service.client().get(
        "/assets/fonts/source-serif-4-latin-600-normal.woff2", **asked, buffered=True
    )
    assert (font.status_code, "Content-Encoding" in font.headers) == (200, False)
    assert sqlite_service.client().get("/assets/nothing.css", **asked).status_code == 404
