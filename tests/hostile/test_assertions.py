"""Attacks on Open Badges 2.0: what a host says of a badge, meant to be misread."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Outcome, Verdict
from tests.testkit.badges2 import HOST, HOSTED, REVOKED, SIGNED, assertion, pages, sign, signed_assertion
from tests.testkit.why import why
from tests.unit.verifying.test_assertion import changed, made, verify


@pytest.mark.parametrize("said", ["true", "True", 1, [True], {"@value": True}])
def test_attack_66_revoked_in_another_spelling(said: Any) -> None:
    """The context of Open Badges reads the text as a boolean; a reader of JSON must not read it as no."""
    hosted = verify(assertion(), changed(HOSTED, revoked=said))
    assert made(hosted, "status").code == "revoked"
    listed = changed(REVOKED, revokedAssertions=[{"id": SIGNED, "revoked": said}])
    assert made(verify(sign(signed_assertion()), listed), "status").code == "revoked"


@pytest.mark.parametrize("said", [False, "false", None])
def test_attack_66_not_revoked_in_so_many_words(said: Any) -> None:
    assert verify(assertion(), pages() | {HOSTED: assertion() | {"revoked": said}}).result.verified


@pytest.mark.parametrize("entry", [[SIGNED], {"@id": SIGNED}, {"assertion": SIGNED}, 7, None])
def test_attack_66_a_list_that_names_what_cannot_be_read_is_no_clean_one(entry: Any) -> None:
    found = verify(sign(signed_assertion()), changed(REVOKED, revokedAssertions=[entry]))
    assert made(found, "status").outcome is Outcome.UNKNOWN
    both = verify(sign(signed_assertion()), changed(REVOKED, revokedAssertions=[entry, SIGNED]))
    assert made(both, "status").code == "revoked"


def test_attack_66_a_list_of_nothing_is_none() -> None:
    served = pages()
    served[REVOKED]["revokedAssertions"] = None
    assert verify(sign(signed_assertion()), served).result.verdict is Verdict.NOT_CHECKED
    assert why(verify(sign(signed_assertion()), served).result) == {"status: status-list"}


@pytest.mark.parametrize("way", ["/..", "/%2e%2e", "/.%2E", "/%252e%252e", "/..%2f", "/%2e%2e%5c", "/./.."])
def test_attack_22_an_address_that_begins_like_the_issuers_and_leads_elsewhere(way: str) -> None:
    """Clients and hosts take out `..` before they look: another tenant of the host would serve it."""
    address = f"{HOST}/good{way}/evil/1.json"
    served = changed(f"{HOST}/issuer.json", verification={"startsWith": f"{HOST}/good/"})
    served[address] = assertion(id=address)
    assert not verify(assertion(id=address), served).result.verified
    plain = f"{HOST}/good/1.json"
    assert verify(assertion(id=plain), served | {plain: assertion(id=plain)}).result.verified
