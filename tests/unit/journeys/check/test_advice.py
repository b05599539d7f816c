from __future__ import annotations

import pytest

from credserv.journeys.check.reports.advice import confirm_issuer


@pytest.mark.parametrize(
    ("issuer_id", "name", "step"),
    [
        ("did:web:example.edu", "example.edu", "Check that example.edu is the web address"),
        ("did:webvh:Qm1:example.edu", "example.edu", "Check that example.edu is the web address"),
        ("https://badges.example.edu/", "badges.example.edu", "Check that badges.example.edu is"),
        (
            "https://badges.example.edu/issuer",
            "badges.example.edu/issuer",
            "whether badges.example.edu/issuer is its own",
        ),
        ("did:key:z6Mk", "the holder of the key z6Mk…", "at an address that you know yourself"),
    ],
)
def test_how_to_find_out_who_an_unknown_issuer_is(issuer_id: str, name: str, step: str) -> None:
    assert step in confirm_issuer(issuer_id, name)
