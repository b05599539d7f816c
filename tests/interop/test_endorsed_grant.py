"""A grant with its endorsements and what entitles their endorsers, judged by @digitalbazaar/vc and by ours:
with no host to ask, after an endorser left, and after one turned out never to have been entitled."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.journeys.accredit import endorsing
from credserv.journeys.accredit.applications import find_application
from credserv.journeys.accredit.endorsements import endorsement_figures, to_review_figures
from credserv.journeys.accredit.endorsing import EndorsementWish
from credserv.journeys.admit.persons import find_member
from credserv.journeys.check.check import check
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.publish.publish import status_list
from credserv.proof.keys.verification_method import did_web_url
from tests.journeys.accredit.test_accreditations import Accreditor
from tests.testkit.node import NodePeer, node_peer
from tests.testkit.proofs import pinned_contexts
from tests.testkit.service import make_service

HOST = "https://badges.example"
KEY = "mentor-pair"
PROGRAMME: dict[str, Any] = {
    "key": KEY, "version": 1, "term_months": 12, "notice_days": 90, "grace_days": 60, "endorsements": 2,
    "assessment_min": 70, "observed": 1, "observed_level": 2,
}  # fmt: skip


class Panel(Accreditor):
    """Endorsements are given as on the page, by the endorser's own key."""

    def endorse(self, name: str, by: str, said: str, stated: str | None = None) -> None:
        services, now = self.service.services, self.service.clock.now
        wish = EndorsementWish("feedback", "I saw it.", stated and datetime.fromisoformat(stated), said)
        assert endorsing.endorse(services, name, find_member(services, by).id, wish, now=now)[1]

    def granted(self, person: str, application: str, reference: str, *endorsers: str) -> dict[str, Any]:
        """The badge."""
        assert self.apply(person, application, KEY).status_code == 201
        assert self.hand_in(application, "assessment", score=80).status_code == 201
        seen = self.hand_in(application, "observation", by="cyd", competency="feedback", level=2)
        assert seen.status_code == 201
        for endorser in endorsers:
            self.endorse(application, endorser, f"{application}-{endorser}")
        self.witness(application)
        answer = self.decide(application, reference)
        assert answer.status_code == 200, answer.json
        badge: dict[str, Any] = json.loads(self.fetch(self.badge(reference)).data)
        return badge

    def witness(self, application: str) -> None:
        services, now = self.service.services, self.service.clock.now
        found = find_application(services, application)
        endorsing.endorse_from_outside(services, found.id, "Wilma", EndorsementWish("feedback"), now=now)

    def report(self, badge: dict[str, Any]) -> dict[str, Any]:
        """By our own verifier, which has no network in this test."""
        now = self.service.clock.now
        found = check(self.service.services, data=json.dumps(badge).encode(), url=None, now=now)
        return build_report(found, now=now)

    def published(self, *credentials: dict[str, Any]) -> dict[str, Any]:
        """What anybody can fetch: contexts, DID documents, status lists."""
        pinned = pinned_contexts()
        found: dict[str, Any] = {url: pinned.document(url) for url in pinned.urls}
        for one in credentials:
            did = one["issuer"]["id"]
            found[did] = self._get(did_web_url(did))
            if "credentialStatus" in one:
                url = one["credentialStatus"]["statusListCredential"]
                found[url] = self._list_of_today(url)
        return found

    def _list_of_today(self, url: str) -> Any:
        """Theirs judges a status list by the clock on the wall, whatever instant it is asked about."""
        name = url.rpartition("/")[2]
        return json.loads(status_list(self.service.services, name, now=datetime.now(UTC)).body)

    def _get(self, url: str) -> Any:
        answer = self.service.client().get(url.removeprefix(HOST), headers={"Accept": "application/json"})
        assert answer.status_code == 200, url
        return json.loads(answer.data)


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    folder = tmp_path_factory.mktemp("endorsed")
    panel = Panel(make_service(f"sqlite:///{folder / 'e.db'}", folder, public_url=HOST))
    panel.employ("dee", "eli")
    panel.give_role("dee", "eli", "kit")
    assert panel.load(PROGRAMME).status_code == 201
    for person in ("ann", "ben", "cyd"):
        assert panel.found(KEY, person, until="2026-12-01T00:00:00Z").status_code == 201
    panel.at("2026-01-14T09:00:00Z")
    return panel


@pytest.fixture(scope="module")
def dan(panel: Panel) -> dict[str, Any]:
    return panel.granted("dan", "a1", "c1", "ann", "ben")


@pytest.fixture(scope="module")
def peer() -> Iterator[NodePeer]:
    with node_peer("peer.mjs") as running:
        yield running


def entitlement_of(endorsement: dict[str, Any]) -> dict[str, Any]:
    text = endorsement["evidence"][0]["id"].partition(",")[2]
    found: dict[str, Any] = json.loads(base64.b64decode(text))
    return found


def test_none_of_the_endorsers_is_the_issuer_or_the_holder(panel: Panel, dan: dict[str, Any]) -> None:
    issuers = {one["issuer"]["id"] for one in dan["endorsement"]}
    assert len(issuers) == 3
    assert issuers.isdisjoint({dan["issuer"]["id"], dan["credentialSubject"]["id"]})
    report = panel.report(dan)
    assert report["verified"]
    assert report["endorsements"] == {
        "given": 3, "counting": 2, "sentence": "2 of 3 endorsements count."
    }  # fmt: skip
    assert len(json.dumps(dan["endorsement"][0])) < 4_000


def test_theirs_verifies_the_whole_each_endorsement_and_each_entitlement(
    panel: Panel, dan: dict[str, Any], peer: NodePeer
) -> None:
    entitled = [one for one in dan["endorsement"] if "evidence" in one]
    entitlements = [entitlement_of(one) for one in entitled]
    assert len(entitlements) == 2
    everything = [dan, *dan["endorsement"], *entitlements]
    ann = find_member(panel.service.services, "ann").id
    panel.service.services.store.member_dids.retire(ann, panel.service.clock.now)  # she leaves
    documents = panel.published(*everything)

    def errors(one: dict[str, Any]) -> list[Any]:
        now = panel.service.clock.now.isoformat()
        answer = peer.ask("verify", credential=one, documents=documents, now=now)
        return [*answer["errors"], *(bit for bit in answer["bits"] if bit)]

    def verified(one: dict[str, Any]) -> bool:
        return not errors(one)

    assert [errors(one) for one in everything] == [[]] * len(everything)
    changed = {**dan, "endorsement": [{**dan["endorsement"][0], "name": "More"}, *dan["endorsement"][1:]]}
    assert not verified(changed)
    assert not verified({**dan["endorsement"][0], "validFrom": "2026-01-13T09:00:00Z"})
    assert not verified({**entitlements[0], "validUntil": "2030-01-01T00:00:00Z"})
    assert panel.report(dan)["endorsements"]["counting"] == 2  # nor does ours, now that she left


def test_one_that_was_revoked_as_of_before_it_counts_no_more_and_a_person_looks_again(
    panel: Panel, dan: dict[str, Any]
) -> None:
    panel.at("2026-03-01T09:00:00Z")
    gus = panel.granted("gus", "a3", "c3", "dan", "ben")
    assert panel.report(gus)["endorsements"]["counting"] == 2
    panel.at("2026-04-01T09:00:00Z")
    early = {"effective_from": "2026-01-14T09:00:00Z", "reason": "The evidence was made up."}
    answer = panel.act("c1", "revocation", by="eli", also_by="kit", **early)
    assert answer.status_code == 200, answer.json
    now = panel.service.clock.now
    services = panel.service.services
    figures = endorsement_figures(services, key=KEY, cut=now)
    assert figures["as_received_differs"] == {"a3-dan": ["counts", "revoked-from-before"]}
    assert to_review_figures(services, key=KEY, cut=now) == ["c3"]
    before = now - timedelta(days=1)
    assert endorsement_figures(services, key=KEY, cut=before)["as_received_differs"] == {}
    assert to_review_figures(services, key=KEY, cut=before) == []
    life = services.store.accreditations.find("c3")
    assert life is not None
    assert life.record.to_review_since == now
    assert life.revocation is None  # never by itself
    panel.service.clock.advance(minutes=2)  # until the status list shows it
    report = panel.report(gus)
    weights = [one["data"]["weight"] for one in report["checks"] if one["name"] == "endorsements"]
    assert sorted(weights) == ["counts", "not-accredited", "revoked"]
