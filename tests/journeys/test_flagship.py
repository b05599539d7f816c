"""A person outlives an employer: two services, one person, and everything over HTTP as they would do it.

Employer A issues; the person adds an address and a passkey of their own; A ends the address at work and is
shut down. At employer B, who knows nothing of A, each credential is told with its age, counts where it is
asked for, and is shown to a recruiter.
"""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.carriers.zip_file import read_zip
from credserv.journeys.check.check import check
from credserv.records.access import LinkPurpose
from credserv.records.people import MemberFacts
from tests.testkit.authenticator import Authenticator
from tests.testkit.browsing import Letters, Person, secrets_of
from tests.testkit.service import NOW, Clock, NoNetwork, Service, make_service

WORK, HOME = "pat@example.org", "pat@home.example"
LATER = NOW + timedelta(days=200)
BADGE = "Mentor Accreditation: Foundation"


def options(person: Person, path: str, on: str) -> dict[str, Any]:
    return dict(person.submit(path, on=on).json)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the person takes along from A, which is gone afterwards."""
    folder = tmp_path_factory.mktemp("a")
    a = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, fetcher=NoNetwork())
    letters = Letters(a)
    a = letters.service
    a.issue(email=WORK)
    pat = Person(a).open_wallet(WORK)
    assert BADGE in pat.get("/wallet")
    assert "Look into your mailbox" in pat.submit("/wallet/identity", email=HOME).text
    pat.follow(pat.submit(letters.link(LinkPurpose.ADDRESS_LETTER)))
    phone = Authenticator(a.settings.public_url)
    told = options(pat, "/wallet/identity/passkeys/make", "/wallet/identity")
    made = {"challenge": told["challenge"], "credential": phone.create(told), "name": "Phone"}
    assert "Phone" in pat.follow(pat.submit("/wallet/identity/passkeys", on="/wallet/identity", **made))
    _confirm_and_end(a)
    # The mailbox at work opens nothing any more; the phone does.
    a.clock.advance(days=1)
    pat = Person(a)
    asked = options(pat, "/wallet/passkeys/ask", "/wallet")
    come = {"challenge": asked["challenge"], "credential": phone.get(asked)}
    assert BADGE in pat.follow(pat.submit("/wallet/passkeys/open", on="/wallet", **come))
    return pat.submit("/wallet/archive").data


def _confirm_and_end(a: Service) -> None:
    """The last day at A: the employer confirms the employment, and gives the mailbox away."""
    member = a.services.store.members.find_by_email(WORK)
    assert member is not None
    facts = MemberFacts("Pat Doe", "Nursing", None, None, date(2024, 2, 1), a.clock.now.date())
    a.services.store.roster.change_facts(member.id, facts)
    owner, path = Person(a).sign_in_to_console(), f"/console/people/{member.id}"
    assert "is issued" in owner.follow(owner.submit(f"{path}/employment", on=path, role="Ward nurse"))
    a.clock.advance(days=1)  # what is ordered from that morning on is for the mailbox's next reader
    owner = Person(a).sign_in_to_console()
    (known,) = a.services.store.members.identifiers(member.id)
    ended = {"identifier": known.id, "as_of": a.clock.now.date().isoformat()}
    assert "was ended" in owner.follow(owner.submit(f"{path}/addresses/end", on=path, **ended))


@pytest.fixture(scope="module")
def b(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Months later; nobody of A answers."""
    folder = tmp_path_factory.mktemp("b")
    return make_service(
        f"sqlite:///{folder / 'credserv.sqlite'}",
        folder,
        fetcher=NoNetwork(),
        clock=Clock(LATER),
        public_url="http://localhost:8998",
    )


@pytest.fixture(scope="module")
def pat(b: Service, archive: bytes) -> Person:
    """With a badge of B's own, and what they brought along."""
    b.issue(email=HOME)
    person = Person(b).open_wallet(HOME)
    file = (io.BytesIO(archive), "credentials.zip")
    answer = person.submit("/wallet/imports", file=file).text
    assert answer.count("Added</span>") == 2
    return person


def test_each_is_told_with_its_age_and_as_the_persons_own(pat: Person) -> None:
    """Although each names an address that nobody can prove any more."""
    home = pat.get("/wallet")
    assert "Employment at Example Academy" in home
    for import_id in set(re.findall(r"/wallet/imports/([\w-]{10,})", home)):
        page = pat.get(f"/wallet/imports/{import_id}")
        assert "Good as of 16 March 2026" in page
        assert "could not be reached since" in page
        assert "Named for somebody else" not in page


def test_a_recruiter_checks_what_was_signed_and_is_never_told_more_than_then(
    pat: Person, b: Service, archive: bytes
) -> None:
    """The badges of A by their archive, that of B by a link which shows what stands now."""
    form = pat.get("/wallet/shares")
    (own,) = set(re.findall(r'name="credential" value="([\w-]{22})"', form))
    (url,) = secrets_of(pat.submit("/wallet/shares", credential=own, days="7", label="Recruiter").text)
    shown = Person(b).get(url.removeprefix(b.settings.public_url))
    assert BADGE in shown
    assert "Genuine and in force" in b.client().post("/verify", data={"url": url}).text
    files = read_zip(archive)
    for name in [name for name in files if name.startswith("credentials/")]:
        found = check(b.services, data=files[name], url=None, now=b.clock.now)
        assert found.established, "who has the file alone sees who signed it"
        assert found.verdict.value == "could_not_be_checked", "and that its issuer does not answer"


def test_what_was_signed_is_the_same_byte_for_byte(pat: Person, archive: bytes) -> None:
    kept = {content for name, content in read_zip(archive).items() if name.startswith("credentials/")}
    ids = set(re.findall(r"/wallet/imports/([\w-]{10,})", pat.get("/wallet")))
    assert {pat.client.get(f"/wallet/imports/{import_id}/file").data for import_id in ids} == kept
    again = pat.client.get("/wallet/imports").text
    assert "The archive was altered" not in again
    assert all(json.loads(one)["credentialSubject"] for one in kept)


def test_it_leaves_b_as_it_came(pat: Person, tmp_path: Path) -> None:
    """From one employer to the next, and on."""
    onward = read_zip(pat.submit("/wallet/archive").data)
    assert len([name for name in onward if name.startswith("credentials/")]) == 3
