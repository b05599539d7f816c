"""Someone checks a credential, in each of the forms in which it reaches them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from credserv.ground.errors import (
    BakingError,
    FetchRefusedError,
    GoneError,
    InputError,
    MalformedJsonError,
    NoCredentialError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.check.check import Checked, check
from credserv.journeys.hold import shares, wallet
from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialState
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list
from tests.testkit.why import why

ALICE = issuer(1)
LINK = "https://badges.example/credentials/1"


@pytest.fixture
def hosts() -> Hosts:
    return Hosts({STATUS_URL: signed_list(ALICE), LINK: ALICE.sign(badge(ALICE))})


@pytest.fixture
def service(tmp_path: Path, hosts: Hosts) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts)


def checked(service: Service, data: bytes | None = None, url: str | None = None) -> Checked:
    return check(service.services, data=data, url=url, now=service.clock.now)


def signed(service: Service, credential_id: str) -> bytes:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.signed is not None
    return record.signed


def test_every_form_of_our_credential_leads_to_the_same(service: Service, hosts: Hosts) -> None:
    credential_id = service.issue()
    raw = signed(service, credential_id)
    item = wallet.carried(service.services, credential_id, service.clock.now)
    public = service.services.public_url
    token = shares.share(service.services, item.record.person_id, credential_id, "", service.clock.now)
    forms = [
        checked(service, raw),
        checked(service, b"\xef\xbb\xbf\n" + raw + b"\n"),
        checked(service, wallet.baked_png(service.services, item)),
        checked(service, wallet.baked_svg(service.services, item)),
        checked(service, url=f"{public}/credentials/{credential_id}"),
        checked(service, url=f" {public}/credentials/{credential_id}.png?download#x "),
        checked(service, f"{public}/credentials/{credential_id}.json\n".encode()),
        checked(service, url=token),
    ]
    for form in forms:
        assert form.raw == raw
        assert form.verdict is Verdict.VERIFIED, form.result.checks
        assert form.established
        assert form.own is not None
        assert form.own.id == credential_id
        assert form.display == item.display
    assert hosts.asked == []
    trusted = forms[0].result.check("issuer_trusted")
    assert trusted is not None
    assert trusted.outcome is Outcome.PASSED


def test_revoking_and_suspending_show_at_once_and_by_their_own_names(service: Service) -> None:
    credential_id = service.issue()
    raw = signed(service, credential_id)
    assert checked(service, raw).verdict is Verdict.VERIFIED
    for state in (CredentialState.SUSPENDED, CredentialState.ACTIVE, CredentialState.REVOKED):
        now = service.clock.advance(seconds=1)
        set_status(service.services, credential_id, state, reason="a test", actor="test", now=now)
        found = checked(service, raw)
        status = found.result.check("status")
        assert status is not None
        assert found.own is not None
        assert found.own.state is state
        if state is CredentialState.ACTIVE:
            assert found.verdict is Verdict.VERIFIED
        else:
            assert found.verdict is Verdict.NOT_VERIFIED
            assert status.code == state.value
            assert f"{now:%Y-%m-%d %H:%M}" in status.reason
    assert "a test" not in status.reason


def test_a_changed_copy_of_ours_is_neither_ours_nor_established(service: Service) -> None:
    document = json.loads(signed(service, service.issue()))
    document["credentialSubject"]["achievement"]["name"] = "Chief mentor"
    found = checked(service, json.dumps(document).encode())
    assert found.verdict is Verdict.NOT_VERIFIED
    assert why(found) == {"proof: invalid-signature"}
    assert not found.established
    assert found.own is None


def test_a_credential_of_a_stranger_with_an_address_of_ours_is_not_ours(service: Service) -> None:
    credential_id = service.issue()
    own_url = f"{service.services.public_url}/credentials/{credential_id}"
    found = checked(service, json.dumps(ALICE.sign(badge(ALICE, id=own_url))).encode())
    assert found.verdict is Verdict.ISSUER_UNKNOWN
    assert found.own is None


def test_a_link_to_another_host_is_followed(service: Service, hosts: Hosts) -> None:
    found = checked(service, url=LINK)
    assert found.verdict is Verdict.ISSUER_UNKNOWN
    assert found.display.issuer_id == ALICE.did
    assert hosts.asked == [LINK, STATUS_URL]
    trusted = found.result.check("issuer_trusted")
    assert trusted is not None
    assert (trusted.outcome, trusted.required) == (Outcome.UNKNOWN, False)


def test_what_could_not_be_checked_is_unknown_and_shown_as_claimed(service: Service, hosts: Hosts) -> None:
    del hosts.pages[STATUS_URL]
    found = checked(service, url=LINK)
    assert found.verdict is Verdict.NOT_CHECKED
    assert found.established
    found = checked(service, b"eyJhbGciOiJQUzM4NCIsImtpZCI6IjEifQ.eyJpc3MiOiJ4In0.c2ln")  # PS384
    assert found.verdict is Verdict.NOT_CHECKED
    assert not found.established
    assert found.display.name == ""


def test_a_link_that_leads_nowhere_is_not_a_bad_credential(service: Service) -> None:
    with pytest.raises(UnavailableError):
        checked(service, url="https://away.example/credentials/1")


@pytest.mark.parametrize(
    "path",
    ["/", "/credentials/", "/credentials/absent", "/credentials", "/issuer", "/shares/absent", "/status/1"],
)
def test_an_address_of_ours_without_a_credential_is_not_asked_over_the_network(
    service: Service, hosts: Hosts, path: str
) -> None:
    with pytest.raises(NotFoundError):
        checked(service, url=service.services.public_url + path)
    assert hosts.asked == []


def test_a_share_that_was_ended_is_gone(service: Service) -> None:
    credential_id = service.issue()
    item = wallet.carried(service.services, credential_id, service.clock.now)
    link = shares.share(service.services, item.record.person_id, credential_id, "", service.clock.now)
    (record,) = shares.shares_of(service.services, item)
    shares.end_share(service.services, item.record.person_id, record.token_sha256, service.clock.now)
    with pytest.raises(GoneError):
        checked(service, url=link)


@pytest.mark.parametrize(
    ("data", "url", "error"),
    [
        (None, None, InputError),
        (b"{}", LINK, InputError),
        (b"", None, InputError),
        (b" \n", None, InputError),
        (b"[]", None, MalformedJsonError),
        (b'"https://badges.example/"', None, MalformedJsonError),
        (b"hello", None, MalformedJsonError),
        (b"\x89PNG\r\n\x1a\n", None, NoCredentialError),
        (b"<svg></svg>", None, BakingError),
        (b"<html></html>", None, NoCredentialError),
        (b"%PDF-1.7\n", None, NoCredentialError),
        (b'{"a":"' + b"x" * 1_048_576 + b'"}', None, TooLargeError),
        (None, "https://[", InputError),
    ],
)
def test_what_is_no_credential_at_all_is_told_apart(
    service: Service, data: bytes | None, url: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        checked(service, data, url)


def test_an_address_that_is_not_fetched_is_refused(tmp_path: Path) -> None:
    from credserv.fetch.guarded import GuardedFetcher

    service = make_service(
        f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=GuardedFetcher(), starters=False
    )
    for url in ("http://127.0.0.1/", "https://localhost/credentials/1", "file:///etc/passwd", "nonsense"):
        with pytest.raises(FetchRefusedError):
            checked(service, url=url)
