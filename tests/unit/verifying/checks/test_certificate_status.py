"""How long a list of revoked certificates is kept, and what is told of it (RFC 5280, section 6.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import UnavailableError
from credserv.ground.verification import Fact
from credserv.proof.keys.certificate_lists import read_certificate_list
from credserv.verifying.checks.certificate_status import FRESH, CertificateLists, _Memory, tell_revocation
from tests.hostile.test_certificate_lists import GOOD, LEAF, MIDDLE, MIDDLES, ROOT, ROOTS
from tests.testkit.certificates import revocations
from tests.testkit.proofs import NOW

CHAIN: Any = (LEAF.certificate, MIDDLE.certificate, ROOT.certificate)
MOMENT = timedelta(seconds=1)
FROM: dict[str, Fact] = {
    "certificateRevocation": "not revoked",
    "certificateListsFrom": "2026-03-14T08:26:53Z",
}


class Asked:
    """Hosts of lists that note what is asked."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self.pages, self.asked = pages, list[str]()

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.pages:
            raise UnavailableError(f"{url} is away")
        return self.pages[url]


def test_a_list_is_asked_for_once_in_an_hour() -> None:
    hosts = Asked(GOOD)
    lists = CertificateLists(hosts, 60)
    for later, asked in ((timedelta(0), 2), (FRESH - MOMENT, 2), (FRESH, 4), (2 * FRESH - MOMENT, 4)):
        assert lists.look_up(CHAIN, NOW + later) == FROM
        assert len(hosts.asked) == asked
    lists.look_up(CHAIN, NOW)  # under a clock that was set back, what comes from later is not relied on
    assert len(hosts.asked) == 6


def test_a_list_that_is_kept_counts_from_its_beginning_to_its_end() -> None:
    hosts = Asked(GOOD)
    lists = CertificateLists(hosts, 60)
    lists.look_up(CHAIN, NOW)
    hosts.pages = {}
    assert lists.look_up(CHAIN, NOW + FRESH) == FROM
    with pytest.raises(UnavailableError, match="dated ahead"):  # under a clock that was set back
        lists.look_up(CHAIN, NOW - timedelta(days=1))
    with pytest.raises(UnavailableError, match="is away"):
        lists.look_up(CHAIN, NOW + timedelta(days=400))


def test_lists_are_sent_for_where_that_is_allowed_and_given_apart_where_they_are_brought_along() -> None:
    hosts, sent = Asked(GOOD), list[str]()

    def send(url: str, ask: Any) -> bytes:
        sent.append(url)
        return bytes(ask())

    lists = CertificateLists(hosts, 60)
    assert lists.sent_by(send).look_up(CHAIN, NOW) == FROM
    assert sent == hosts.asked == [MIDDLES, ROOTS]
    lists.look_up(CHAIN, NOW)
    assert len(hosts.asked) == 2
    older = {**GOOD, MIDDLES: revocations(MIDDLE, made=NOW - timedelta(hours=2))}
    apart = lists.apart(Asked(older))
    assert apart.look_up(CHAIN, NOW) == FROM  # what was seen here is newer
    assert apart.clock_skew_seconds == 60
    alone = CertificateLists(Asked({}), 60).apart(Asked(older))
    assert alone.look_up(CHAIN, NOW)["certificateListsFrom"] == "2026-03-14T07:26:53Z"
    strange = CertificateLists(Asked({}), 60)
    strange.apart(Asked(GOOD)).look_up(CHAIN, NOW)
    with pytest.raises(UnavailableError, match="is away"):
        strange.look_up(CHAIN, NOW)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (FROM, "by its authorities' lists of 2026-03-14T08:26:53Z it was not revoked"),
        (
            FROM | {"certificateAnswersFrom": "2026-03-14T09:00:00Z"},
            "by its authorities' lists of 2026-03-14T08:26:53Z and answers of 2026-03-14T09:00:00Z it was "
            "not revoked",
        ),
        (
            {"certificateRevocation": "no list named"},
            "its authorities name no list of what they revoked that is had by http, and nobody to ask",
        ),
        ({"certificateRevocation": "not looked up"}, "whether it was revoked was not looked up"),
    ],
)
def test_what_came_of_it_is_told(facts: dict[str, Fact], told: str) -> None:
    assert tell_revocation(facts) == told


def test_a_list_that_is_looked_at_for_another_time_counts_to_its_end() -> None:
    memory, found = _Memory(), read_certificate_list(GOOD[ROOTS], ROOTS, ROOT.certificate)
    memory.keep("key", found, NOW, size=1)
    assert memory.peek("key", found.ends - MOMENT) is not None
    assert memory.peek("key", found.ends) is None
