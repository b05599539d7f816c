"""Journey 4, hold and carry: a link opens the wallet, and its holder decides who sees what."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from credserv.app.factory import create_app
from credserv.ground.encoding import hash_token
from credserv.ground.errors import NotFoundError
from credserv.issuing.recipe import Wanted
from credserv.journeys.admit.letters import request_letter
from credserv.journeys.award.orders import OrderRequest, find_version, prepare_order
from credserv.journeys.hold import shares, wallet
from credserv.journeys.publish.publish import set_status
from credserv.openbadges.baking import unbake
from credserv.records.access import LinkPurpose
from credserv.records.achievements import AwardRule
from credserv.records.credentials import CredentialState, Recipient
from tests.testkit.browsing import Letters, Person, secrets_of, wallet_link
from tests.testkit.service import ACHIEVEMENT, Service

PAT, SAM = "pat@example.org", "sam@example.org"


def test_looking_at_a_link_opens_nothing_and_pressing_the_button_opens_it_once(service: Service) -> None:
    """attack 121: mail scanners follow links."""
    service.issue(email=PAT)
    link, person = wallet_link(service, PAT), Person(service)
    for _ in range(3):
        assert "Open my wallet" in person.get(link)
    assert "Mentor Accreditation: Foundation" in person.follow(person.submit(link))
    again = Person(service)
    assert "This link no longer opens" in again.get(link, status=410)
    assert "Open my wallet" in again.get("/wallet")


def test_the_page_that_asks_for_a_link_sends_the_address_to_where_links_are_asked_for(
    sqlite_service: Service,
) -> None:
    person = Person(Letters(sqlite_service).service)
    page = person.get("/wallet")
    (action,) = re.findall(r'<form method="post" action="([^"]*)" class="card stack">\n', page)
    assert "on its way" in person.submit(action, on="/wallet", email=PAT).text


def test_a_wallet_begins_with_its_badges_and_lists_what_else_it_does_below_them(
    sqlite_service: Service,
) -> None:
    sqlite_service.issue(email=PAT)
    person = Person(sqlite_service)
    person.follow(person.submit(wallet_link(sqlite_service, PAT)))
    badges, below = person.get("/wallet").split('<nav class="grid"')
    assert re.findall(r'href="/wallet/(\w+)', badges.partition("<main")[2]) == ["credentials"]
    ways = re.findall(r'<li><svg.*?</svg>\s*<a href="/wallet/([\w/]+)">', below)
    assert {"progress", "roles", "shares", "cv", "answer", "imports", "mentoring/practice"} <= {*ways}


def test_two_who_press_at_once_cannot_both_come_in(service: Service) -> None:
    service.issue(email=PAT)
    link, first, second = wallet_link(service, PAT), Person(service), Person(service)
    first.get(link)
    token_of_second = re.search(r'csrf_token" value="([^"]+)"', second.get(link))[1]
    assert first.submit(link).status_code == 303
    path = link.removeprefix(service.settings.public_url)
    assert second.client.post(path, data={"csrf_token": token_of_second}).status_code == 410
    assert "Pat Doe" not in second.get("/wallet")


def test_a_link_ends_after_seven_days(sqlite_service: Service) -> None:
    sqlite_service.issue(email=PAT)
    link = wallet_link(sqlite_service, PAT)
    sqlite_service.clock.advance(days=6, hours=23)
    Person(sqlite_service).get(link)
    sqlite_service.clock.advance(hours=1)
    Person(sqlite_service).get(link, status=410)


def test_a_used_link_leads_on_when_its_wallet_is_open(sqlite_service: Service) -> None:
    sqlite_service.issue(email=PAT)
    link, person = wallet_link(sqlite_service, PAT), Person(sqlite_service)
    person.submit(link)
    person.get(link, status=303)
    assert "Mentor Accreditation: Foundation" in person.get("/wallet")


def test_the_wallet_shows_what_was_signed_and_how_it_stands(service: Service) -> None:
    credential_id = service.issue(email=PAT)
    person = Person(service).open_wallet(PAT)
    assert "Valid" in person.get("/wallet")
    services, now = service.services, service.clock.now
    set_status(services, credential_id, CredentialState.REVOKED, reason="a secret", actor="console", now=now)
    shown = person.get(f"/wallet/credentials/{credential_id}")
    assert "Revoked" in shown
    assert "a secret" not in shown


def test_a_share_shows_until_its_holder_ends_it(service: Service) -> None:
    credential_id = service.issue(email=PAT)
    person, path = Person(service).open_wallet(PAT), f"/wallet/credentials/{credential_id}"
    made = person.submit(f"{path}/shares", on=path, label="Library")
    (shared,) = secrets_of(made.text)
    stranger = Person(service)
    shown = stranger.get(shared)
    assert "Mentor Accreditation: Foundation" in shown
    for private in (PAT, "Pat Doe", "Library", f"/credentials/{credential_id}"):
        assert private not in shown
    share_id = re.search(r"/wallet/shares/([0-9a-f]{64})/end", person.get(path))[1]
    assert shared not in person.get(path), "the address is shown once"
    assert "You ended the link" in person.follow(person.submit(f"/wallet/shares/{share_id}/end", on=path))
    assert "This link was ended" in stranger.get(shared, status=410)
    stranger.get("/shares/never-was", status=404)
    verified = stranger.client.post("/verify", data={"url": shared}).text
    assert "There is no credential at this address" in verified


def test_a_holder_ends_only_their_own_shares(service: Service) -> None:
    credential_id = service.issue(email=PAT)
    service.issue(email=SAM)
    pat = service.services.store.members.find_by_email(PAT)
    shared = shares.share(service.services, pat.person_id, credential_id, "", service.clock.now)
    sam = Person(service).open_wallet(SAM)
    token_sha256 = hash_token(shared.rpartition("/")[2])
    own = re.search(r"/wallet/credentials/([\w-]{22})", sam.get("/wallet"))[0]
    assert sam.submit(f"/wallet/shares/{token_sha256}/end", on=own).status_code == 404
    assert sam.submit(f"/wallet/credentials/{credential_id}/shares", on=own).status_code == 404
    Person(service).get(shared)


def test_another_holders_credential_is_as_absent_as_none(service: Service) -> None:
    """attack 113"""
    credential_id = service.issue(email=PAT)
    service.issue(email=SAM)
    sam, asked = Person(service).open_wallet(SAM), (credential_id, "A" * 22)
    answers = [
        sam.client.get(f"/wallet/credentials/{wanted}", headers={"Accept": "text/html"}) for wanted in asked
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    without_id = [re.sub(r"urn:uuid:[0-9a-f-]+", "", answer.text) for answer in answers]
    # The switch of languages keeps the page that was asked for.
    assert without_id[0].replace(asked[0], "") == without_id[1].replace(asked[1], "")


def test_a_baked_picture_carries_the_signed_bytes(service: Service) -> None:
    services, now = service.services, service.clock.now
    item = wallet.carried(services, service.issue(email=PAT), now)
    assert unbake(wallet.baked_png(services, item)) == item.signed
    assert unbake(wallet.baked_svg(services, item)) == item.signed


def due(service: Service) -> list[str]:
    """The letters that wait for the mail server."""
    now = service.clock.now + timedelta(hours=1)
    taken = service.services.store.link_letters.take(now, until=now, limit=99)
    return [one.token_sha256 for one in taken]


def test_attack_115_asking_for_a_link_says_nothing_of_who_is_known(sqlite_service: Service) -> None:
    """The same page, and the same work: a letter that is due, and leads nowhere for a stranger."""
    sqlite_service.issue(email=PAT)
    services = replace(sqlite_service.services, mail_enabled=True)
    app = create_app(sqlite_service.settings, services, clock=sqlite_service.clock)
    person = Person(replace(sqlite_service, services=services, app=app))
    asked = (PAT, "nobody@example.org", "", "not an address\r\nBcc: all@example.org")
    pages = [person.submit("/wallet/link", on="/wallet", email=email) for email in asked]
    assert {page.status_code for page in pages} == {200}
    assert len({page.text for page in pages}) == 1
    assert len(due(sqlite_service)) == len(asked)


def test_attack_63_many_requests_for_one_address_are_one_mail(sqlite_service: Service) -> None:
    """What is asked for within five minutes is the same, and is written down once."""
    sqlite_service.issue(email=PAT)
    services = replace(sqlite_service.services, mail_enabled=True)
    for seconds in (0, 10, 20, 400):
        now = sqlite_service.clock.now + timedelta(seconds=seconds)
        request_letter(services, LinkPurpose.WALLET_LETTER, PAT, now)
    assert len(due(sqlite_service)) == 2


def test_sign_out_ends_the_session_in_the_store(service: Service) -> None:
    """attack 98: a stolen cookie is worth nothing afterwards."""
    service.issue(email=PAT)
    person = Person(service).open_wallet(PAT)
    stolen = person.client.get_cookie("credserv_wallet").value
    person.follow(person.submit("/wallet/sign-out", on="/wallet"))
    thief = Person(service)
    thief.client.set_cookie("credserv_wallet", stolen)
    assert "Wallet of" not in thief.get("/wallet")


def test_a_session_ends_when_idle_and_after_its_hours(sqlite_service: Service) -> None:
    sqlite_service.issue(email=PAT)
    person = Person(sqlite_service).open_wallet(PAT)
    sqlite_service.clock.advance(hours=1, minutes=59)
    assert "Wallet of" in person.get("/wallet")
    for _ in range(4):
        sqlite_service.clock.advance(hours=1, minutes=30)
        person.get("/wallet")
    sqlite_service.clock.advance(minutes=2)
    assert "Wallet of" not in person.get("/wallet"), "eight hours are over"
    other = Person(sqlite_service).open_wallet(PAT)
    sqlite_service.clock.advance(hours=2, minutes=1)
    assert "Wallet of" not in other.get("/wallet"), "two hours idle"


def test_attack_98_a_wallet_form_without_its_token_does_nothing(service: Service) -> None:
    credential_id = service.issue(email=PAT)
    person = Person(service).open_wallet(PAT)
    answer = person.client.post(f"/wallet/credentials/{credential_id}/shares", data={"label": "forged"})
    assert answer.status_code == 400
    holder = service.services.store.members.find_by_email(PAT)
    assert service.services.store.shares.of_person(holder.person_id) == ()


def test_wallet_pages_are_kept_nowhere_and_found_by_no_search(sqlite_service: Service) -> None:
    """attacks 116, 119"""
    credential_id = sqlite_service.issue(email=PAT)
    person = Person(sqlite_service).open_wallet(PAT)
    for path in ("/wallet", f"/wallet/credentials/{credential_id}"):
        headers = person.client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert "noindex" in headers["X-Robots-Tag"]
    cookie = person.client.get_cookie("credserv_wallet")
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_links_are_for_holders_that_are(service: Service) -> None:
    with pytest.raises(NotFoundError):
        wallet.wallet(service.services, "nobody", service.clock.now)


def test_a_full_wallet_opens_with_its_newest_and_leads_to_all(sqlite_service: Service) -> None:
    """No page reads more than it shows, and none is left out or shown twice."""
    service, now = sqlite_service, sqlite_service.clock.now
    version = find_version(service.services, ACHIEVEMENT, None)
    asked = [OrderRequest(f"order-{one}", ACHIEVEMENT, Recipient(email=PAT)) for one in range(130)]
    for lot in (asked[:100], asked[100:]):  # many of one instant
        orders = [prepare_order(service.services, "test", one, version, now=now) for one in lot]
        wanted = [Wanted(one, now, award_rule=AwardRule.PER_EVENT) for one in orders]
        assert all(one.record for one in service.services.recipe.issue(wanted))
    person, seen, path = Person(service).open_wallet(PAT), [], "/wallet"
    for count in (60, 60, 10):
        page = person.get(path)
        found = re.findall(r"/wallet/credentials/([\w-]{22})", page)
        assert len(found) == count
        assert "130 badges" in page
        seen += found
        onward = re.search(r'(?<=href=")/wallet\?after=[^"]+', page)
        assert (onward is None) is (count == 10)
        path = onward[0] if onward else path
    assert len(set(seen)) == 130
    assert person.client.get("/wallet?after=nonsense").status_code == 400
