"""A person outlives an employer: two services, one person, and everything over HTTP as they would do it.

Employer A issues; the person adds an address and a passkey of their own; A ends the address at work and is
shut down. At employer B, who knows nothing of A, each credential is told with its age, counts where it is
asked for, and is shown to a recruiter: by a link, for a role, and as the wallet's answer to a request.
In another run the badges come by the API of Open Badges 3.0, while A is still there.
"""

from __future__ import annotations

import html
import io
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.carriers.zip_file import read_zip
from credserv.journeys.check.check import check
from credserv.journeys.define.role_profiles import keep_profile
from credserv.journeys.transfer.watch import watch_due
from credserv.records.access import LinkPurpose
from credserv.records.people import MemberFacts
from tests.testkit.authenticator import Authenticator
from tests.testkit.browsing import Letters, Person, secrets_of
from tests.testkit.service import NOW, Clock, NoNetwork, Service, make_service
from tests.testkit.wallets import make_request
from tests.testkit.wires import Wires, connect, wired

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
    assert "is no longer theirs" in owner.follow(owner.submit(f"{path}/addresses/end", on=path, **ended))


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


def test_a_recruiter_gets_an_answer_for_a_role_and_a_presentation(
    pat: Person, b: Service, archive: bytes
) -> None:
    """What nobody can check any more counts for nothing, and against nobody."""
    version = b.services.store.achievements.newest("mentor-foundation")
    assert version is not None
    skill = version.achievement["alignment"][0]["targetUrl"]
    keep_profile(b.services, {"name": "Coach", "skills": [skill]}, actor="test", now=b.clock.now)
    assert "1 of 1 essential skill is met" in pat.get("/wallet/roles?profile=coach")

    form = pat.get("/wallet/shares")
    (own,) = set(re.findall(r'name="credential" value="([\w-]{22})"', form))
    (url,) = secrets_of(pat.submit("/wallet/shares", credential=own, days="7").text)
    of_a = [one.decode() for name, one in read_zip(archive).items() if name.startswith("credentials/")]
    answers = []
    for shown in ([url, *of_a], of_a):
        asked = {"profile": "coach", "credentials": shown}
        answers.append(b.client().post("/api/v1/eligibility", json=asked).json["skills"][0]["answer"])  # type: ignore[index]
    assert answers == ["met", "unknown"]

    request = make_request(b, wanted="role:coach")
    consent = pat.submit("/wallet/answer", link=request.link).text
    assert "Who asks was proven" in consent
    offer = re.search(r'name="offer" value="([^"]+)"', consent)[1]  # type: ignore[index]
    hidden = re.search(r'name="request" value="([^"]+)"', consent)[1]  # type: ignore[index]
    sent = pat.submit("/wallet/answer/send", on="/wallet/answer", request=html.unescape(hidden), offer=offer)
    assert sent.status_code == 200, sent.text
    told = request.page()
    for words in ("Shown by its holder", "Genuine and in force", "1 of 1 essential skill is met"):
        assert words in told


def test_by_the_api_before_a_is_gone_the_badge_is_bs_to_show_with_its_age(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder, wires = tmp_path_factory.mktemp("api"), Wires()
    a = wired(folder / "a", "https://a.example", wires)
    b = wired(folder / "b", "https://b.example", wires)
    for employer in (a, b):
        employer.issue(email=HOME)
    pat, _, host_id = connect(b, a, HOME)
    assert "Added" in pat.submit(f"/wallet/hosts/{host_id}/take", on="/wallet/hosts").text
    (import_id,) = set(re.findall(r"/wallet/imports/([\w-]{10,})", pat.get("/wallet")))
    (url,) = secrets_of(pat.submit("/wallet/shares", **{"import": import_id}).text)
    path = f"{url.removeprefix('https://b.example')}/brought/1"
    checked = re.search(r'id="verdict"><bdi>([^<]+)', Person(b).get(path))[1]  # type: ignore[index]
    assert checked.startswith("Genuine")

    wires.apps.pop("https://a.example")
    b.clock.now = LATER
    pat = Person(b).open_wallet(HOME)
    assert watch_due(b.services, LATER) == 1
    own = pat.get(f"/wallet/imports/{import_id}")
    assert checked in own
    assert "could not be reached since" in own
    recruiter = Person(b).get(path)
    assert "It could not be established whether this is genuine" in recruiter
    assert "on <time" in recruiter.split("It could last be checked")[1]
    assert checked in recruiter
    kept, given = (pat.client.get(f"{at}/file").data for at in (f"/wallet/imports/{import_id}", path))
    assert kept == given
