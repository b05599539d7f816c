"""Attack 165: anyone may ask how credentials stand as of another time (`at` of `/api/v1/eligibility`).

What is fetched for that must not be remembered under a date that the visitor chose.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from credserv.ground.encoding import format_instant
from credserv.ground.verification import Verdict
from credserv.journeys.operate.anchors import add_anchor
from credserv.journeys.trust import refresh as trust_lists
from credserv.verifying.federation import WELL_KNOWN
from tests.hostile.test_certificate_lists import GOOD, LEAF, MIDDLE, MIDDLES, ROOT, made
from tests.testkit.certificates import revocations
from tests.testkit.federation import ANCHOR, AT, small_federation
from tests.testkit.service import NOW, Service, make_service
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import Hosts

DAY = timedelta(days=1)


def served(tmp_path: Path, hosts: Hosts) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=hosts, starters=False)


def ask(service: Service, credential: str, after: timedelta) -> None:
    """As a stranger, how it stands some time from now."""
    at = format_instant(service.clock.now + after)
    asked = {"profile": ["https://skills.example/1"], "credentials": [credential], "at": at}
    assert service.client().post("/api/v1/eligibility", json=asked).status_code == 200


def verdict(service: Service, credential: str) -> Verdict:
    told = service.client().post("/api/v1/verify", json={"credential": credential}).json
    assert told is not None
    return Verdict(told["verdict"])


@pytest.mark.parametrize("after", [timedelta(0), DAY / 2, -DAY / 2], ids=["now", "ahead", "back"])
def test_attack_165_a_federation_strikes_an_issuer_off(tmp_path: Path, after: timedelta) -> None:
    issuer, federation, long = token_issuer(), small_federation(), AT + 7 * 86_400
    federation.entity(ANCHOR, exp=long)
    federation.states(
        ANCHOR, issuer.did, exp=long, metadata={"federation_entity": {"organization_name": "C"}}
    )
    service = served(tmp_path, Hosts(federation.pages))
    trust_lists.subscribe(
        service.services, "", name="F", url=ANCHOR + WELL_KNOWN, actor="test", now=service.clock.now
    )
    badge = issuer.forge(issuer.header(), issuer.badge())
    assert verdict(service, badge) is Verdict.VERIFIED
    service.clock.advance(hours=2)
    ask(service, badge, after)
    federation.states(ANCHOR, issuer.did, exp=AT)
    service.clock.advance(hours=12, minutes=30)
    assert verdict(service, badge) is Verdict.ISSUER_UNKNOWN


@pytest.mark.parametrize("after", [timedelta(0), DAY, -DAY / 48], ids=["now", "ahead", "back"])
def test_attack_165_an_authority_revokes_a_certificate(tmp_path: Path, after: timedelta) -> None:
    hosts = Hosts(dict(GOOD))
    service = served(tmp_path, hosts)
    add_anchor(service.services, service.settings.data_dir, ROOT.pem, (), actor="test", now=NOW)
    ask(service, made(), after)
    hosts.pages[MIDDLES] = revocations(MIDDLE, LEAF, made=NOW)
    service.clock.advance(days=1, minutes=10)
    assert verdict(service, made()) is Verdict.NOT_VERIFIED


@pytest.mark.parametrize("after", [DAY, 8 * DAY, 30_000 * DAY, -DAY / 48])
def test_attack_165_an_older_list_takes_a_revocation_back(tmp_path: Path, after: timedelta) -> None:
    hosts = Hosts({**GOOD, MIDDLES: revocations(MIDDLE, LEAF, made=NOW)})
    service = served(tmp_path, hosts)
    add_anchor(service.services, service.settings.data_dir, ROOT.pem, (), actor="test", now=NOW)
    assert verdict(service, made()) is Verdict.NOT_VERIFIED
    hosts.pages.update(GOOD)
    ask(service, made(), after)
    service.clock.advance(hours=2)
    assert verdict(service, made()) is Verdict.NOT_VERIFIED
