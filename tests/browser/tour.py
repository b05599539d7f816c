"""Every page there is, each with how to come to it. The tests of looks walk this list."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import FilePayload

from credserv.app.schemas import default_schemas_dir
from credserv.ground.encoding import KeyType, encode_multikey
from credserv.journeys.accredit.applications import apply
from credserv.journeys.accredit.evidence import hand_in
from credserv.journeys.accredit.evidence_reading import HandedIn
from credserv.journeys.accredit.programmes import load_programme
from credserv.journeys.admit.sign_in import create_console_link
from credserv.journeys.connect.endpoints import add_endpoint
from credserv.journeys.define.role_profiles import keep_profile
from credserv.journeys.define.translations import set_translation
from credserv.records.archives import ArchiveRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.hosts import HostConnection
from credserv.records.objections import ObjectionKind, ObjectionRecord
from credserv.records.organisations import KeyState, SigningKeyRecord
from credserv.records.roles import Role
from tests.browser import tour_audits, tour_mentoring
from tests.browser.conftest import Visit
from tests.browser.site import HOLDER
from tests.testkit import figures
from tests.testkit.apps import new_app
from tests.testkit.browsing import OWNER, Person
from tests.testkit.defects import defects
from tests.testkit.learning import learning_award, learning_copy, learning_service
from tests.testkit.mentoring import member
from tests.testkit.sandboxes import add_sandbox, issue
from tests.testkit.service import NOW
from tests.testkit.wrong import fail_order, fail_row, give_up, refuse_letter, set_aside


@dataclass(frozen=True)
class Stop:
    """name: also of the screenshot. arrive: leads a fresh visitor there."""

    name: str
    arrive: Callable[[Visit], object]


def _verify(name: str) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        visit.go(f"/credentials/{visit.site.ids[name]}")
        visit.page.get_by_role("button", name="See every check").click()

    return arrive


def _wallet_learning(visit: Visit) -> None:
    """A badge whose person is asked which part of their name is the family name."""
    badge = learning_award(learning_service(visit.site.service), email=LEARNER, family=None)
    visit.follow_link(visit.site.wallet_link(LEARNER))
    visit.go(f"/wallet/credentials/{badge.id}")


def _translated(visit: Visit) -> None:
    """An achievement as who reads German sees it."""
    own = visit.site.service
    said = {
        "name": "Aktives Zuhören",
        "description": "Hört so zu, dass sich die andere Person verstanden fühlt.",
        "criteria": "Drei beobachtete Gespräche.",
    }
    set_translation(own.services, "active-listening", 1, "de", said, actor="tour", now=own.clock.now)
    visit.go("/achievements/active-listening/versions/1?lang=de")


def _verify_learning(visit: Visit) -> None:
    own = learning_service(visit.site.service)
    signed = learning_copy(own, learning_award(own, email="kim@example.org")).signed or b""
    visit.go("/verify")
    visit.page.get_by_label("Or its text").fill(signed.decode())
    visit.page.get_by_role("button", name="Verify").click()
    visit.page.locator("section.verdict").wait_for()


def _case(visit: Visit) -> None:
    """An application that lacks something still."""
    own, now = visit.site.service.services, visit.site.service.clock.now
    small = {"key": "tour-case", "term_months": 12, "endorsements": 1, "assessment_min": 70}
    load_programme(own, small, owner="Learning and development", actor="tour", now=now)
    known = member(visit.site.service, "pat")
    asked = {"competencies": ["feedback"], "reference": "tour-case", "actor": "tour", "now": now}
    record, _ = apply(own, known, "tour-case", **asked)
    visit.sign_in_to_console()
    visit.go(f"/console/cases/{record.credential_id}")


def _in_sandbox(path: str) -> Callable[[Visit], object]:
    """With one letter that it keeps."""

    def arrive(visit: Visit) -> None:
        own = add_sandbox(visit.site.service)
        record = issue(visit.site.service, own)
        link = create_console_link(own, visit.site.service.clock.now, owner=OWNER)
        visit.follow_link(link)
        visit.go(f"/o/{own.issuer.id}{path.format(badge=record.id)}")

    return arrive


def _replay(visit: Visit) -> None:
    """Signed in to the sandbox and to the first organisation."""
    visit.sign_in_to_console()
    _in_sandbox("/console/sources/lms/replay")(visit)
    visit.page.get_by_role("button", name="Replay").click()
    visit.page.locator("#done").wait_for()


def _verify_forged(visit: Visit) -> None:
    signed = visit.site.service.services.store.credentials.get(visit.site.ids["valid"]).signed
    visit.go("/verify")
    visit.page.get_by_label("Or its text").fill(signed.decode().replace("Example Academy", "Harvard"))
    visit.page.get_by_role("button", name="Verify").click()


def files_of(visit: Visit, *names: str) -> list[FilePayload]:
    """Credentials of others, as files to hand in."""
    return [
        {
            "name": f"{name}.json",
            "mimeType": "application/json",
            "buffer": visit.site.defects[name].data or b"",
        }
        for name in names
    ]


def _verify_defect(name: str, page: str = "/verify") -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        defect = visit.site.defects[name]
        visit.go(page)
        if defect.url is not None:
            visit.page.get_by_label("Or a link").fill(defect.url)
        else:
            visit.page.get_by_label("A file").set_input_files(files_of(visit, name))
        if defect.recipient:
            visit.page.get_by_text("Is it about a certain person?").click()
            visit.page.get_by_label("Their e-mail address or DID").fill(defect.recipient)
        visit.page.get_by_role("button", name="Verify").click()
        visit.page.locator("section.verdict").wait_for()

    return arrive


LEARNER = "lee@example.org"
SEVERAL = ("unknown-issuer", "tampered", "expired", "revoked", "status-unreachable", "presentation-part-bad")


def _verify_several(visit: Visit) -> None:
    visit.go("/verify")
    visit.page.get_by_label("A file").set_input_files(files_of(visit, *SEVERAL))
    visit.page.get_by_role("button", name="Verify").click()
    visit.page.get_by_text("Done.").wait_for()


def _verify_several_without_script(visit: Visit) -> None:
    visit.page.route("**/verify.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    visit.go("/verify")
    visit.page.get_by_label("A file").set_input_files(files_of(visit, *SEVERAL))
    visit.page.get_by_role("button", name="Verify").click()
    visit.page.get_by_role("heading", name="6 checked").wait_for()


def keep_result(visit: Visit, name: str) -> str:
    """The address of a result that was kept."""
    _verify_defect(name)(visit)
    visit.page.get_by_text("Make a link to this result").click()
    visit.page.get_by_role("button", name="Make a link").click()
    return visit.page.locator("code.secret").inner_text()


def _ended_result(visit: Visit) -> None:
    keep_result(visit, "expired")
    visit.page.get_by_role("button", name="End this link").click()


def _ask(visit: Visit) -> None:
    visit.go("/verify/ask")
    visit.page.get_by_text("More", exact=True).click()
    visit.page.get_by_label("Also take badges").check()
    visit.page.get_by_label("The wallet reads no signed requests").check()
    visit.page.get_by_role("button", name="Make the request").click()
    visit.page.get_by_role("heading", name="Waiting for an answer").wait_for()


def _asked(visit: Visit) -> None:
    _ask(visit)
    visit.go(visit.page.locator("code.secret").first.inner_text())


def _ask_answer(visit: Visit) -> None:
    """The badge is shown by its bearer, as a copy."""
    _ask(visit)
    link = visit.page.locator("#app-link").text_content()
    told = parse_qs(urlsplit(link).query)
    signed = visit.site.service.services.store.credentials.get(visit.site.ids["valid"]).signed
    shown = {"state": told["state"][0], "vp_token": json.dumps({"badge": [json.loads(signed)]})}
    assert visit.page.request.post(told["response_uri"][0], form=shown).ok
    visit.page.get_by_role("link", name="Is there an answer?").click()
    visit.page.get_by_text("Shown by a bearer").wait_for()


def _console(path: str) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        visit.sign_in_to_console()
        visit.go("/console" + path.format(**visit.site.ids))

    return arrive


def _went_wrong(visit: Visit) -> None:
    own = visit.site.service
    refuse_letter(own, "no.such.mailbox@example.org")
    fail_order(own, "kim.doe@example.org")
    give_up(
        own, add_endpoint(own.services, "https://hr.example/hook", [], actor="tour", now=own.clock.now).id
    )
    fail_row(own, "awards.csv")
    set_aside(own, "evt.unknown-course", source="academy-lms")
    _console("/wrong")(visit)


def _key_created(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/keys")
    visit.page.get_by_label("Name", exact=True).fill("Tour")
    visit.page.get_by_label("Read credentials").check()
    visit.page.get_by_role("button", name="Make the key").click()


def _ceremony(visit: Visit) -> None:
    """As the second of two people sees it; the site's own key cannot change."""
    store, at = visit.site.service.services.store, visit.site.service.clock.now
    public_key = encode_multikey(KeyType.ED25519, bytes(range(32)))
    method = f"did:web:badges.example.org#{public_key}"
    if not store.audit.of_subject(method):
        store.organisation.add_key(
            SigningKeyRecord(method, public_key, "file:issuer-2.pem", KeyState.PENDING, at)
        )
        detail = {"kind": "Ed25519", "where": "file:issuer-2.pem", "note": "In the nightly copy, sealed"}
        store.audit.add(AuditRecord(at, "person:elsewhere", Action.KEY_CEREMONY_BEGUN, method, detail))
    visit.sign_in_to_console()
    visit.go(f"/console/keys/ceremonies/{public_key}")


def _picture(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/achievements/mentor-foundation/picture")
    visit.page.get_by_label("a compass").check()
    visit.page.get_by_role("textbox", name="Letters (optional)", exact=True).fill("Level 2")
    visit.page.get_by_role("button", name="Show how it looks").click()
    visit.page.get_by_text("Easy to see").wait_for()


def _bulk_run(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/bulk")
    text = (
        "achievement,email,name,awarded_at\n"
        "ict-troubleshooting,pat@example.org,Pat Doe,2026-03-01\n"
        "ict-troubleshooting,kim@example.org,Kim Roe,01.03.2026\n"
        "nothing-such,lee@example.org,Lee Poe,2026-03-01\n"
    )
    file = {"name": "awards-of-march.csv", "mimeType": "text/csv", "buffer": text.encode()}
    visit.page.get_by_label("File", exact=True).set_input_files(file)
    visit.page.get_by_role("button", name="Check the file").click()
    visit.page.get_by_text("What will happen").wait_for()


def _secret(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/sources/academy-lms")
    visit.page.get_by_text("Make a new secret").first.click()
    visit.page.get_by_role("button", name="Make it").click()
    visit.page.get_by_text("shown only now").wait_for()
    services = visit.site.service.services
    for secret in services.store.sources.get("academy-lms").secrets[:-1]:
        services.store.sources.remove_secret("academy-lms", secret)


def _wrong_definition(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/achievements/new")
    wrong = b'{"key": "Not a key", "kind": "competency-mastery", "achievement": {"name": 3}}'
    file = {"name": "wrong.json", "mimeType": "application/json", "buffer": wrong}
    visit.page.get_by_text("Load a definition file").click()
    visit.page.get_by_label("Definition file").set_input_files(file)
    visit.page.get_by_role("button", name="Check and load").click()


def _wrong_issuer(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/trust")
    visit.page.get_by_label("Issuer", exact=True).fill("Example School")
    visit.page.locator("#add ~ form").get_by_label("Name", exact=True).fill("Example School")
    visit.page.get_by_role("button", name="Trust this issuer").click()


def _own_list(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/trust")
    visit.page.get_by_role("link", name="Trusted by Example Academy").click()


def _wallet_credential(visit: Visit) -> None:
    _wallet_page("")(visit)
    visit.page.get_by_role("link", name="Foundation").first.click()


def _wallet_shared(visit: Visit) -> None:
    _wallet_credential(visit)
    visit.page.get_by_label("A note for yourself").fill("Application at the library")
    visit.page.get_by_role("button", name="Make a link").click()


def _wallet_asked(visit: Visit) -> None:
    _ask(visit)
    link = visit.page.locator("#app-link").text_content()
    visit.open_wallet()
    visit.go("/wallet/answer")
    visit.page.get_by_label("The link").fill(link)
    visit.page.get_by_role("button", name="See what is asked").click()
    visit.page.get_by_text("What do you want to show?").wait_for()


def _wallet_answered(visit: Visit) -> None:
    _wallet_asked(visit)
    visit.page.get_by_role("checkbox").first.check()
    visit.page.get_by_role("button", name="Show what I chose").click()
    visit.page.get_by_role("heading", name="Shown").wait_for()


def _wallet_exchange(visit: Visit) -> None:
    _wallet_credential(visit)
    visit.page.get_by_role("button", name="Make a QR code").click()


def _interaction(visit: Visit) -> None:
    _wallet_exchange(visit)
    visit.go(visit.page.locator("details code.secret").text_content())


def _claim_link(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go(f"/console/credentials/{visit.site.ids['unclaimed']}")
    visit.page.get_by_role("button", name="Make a claim link").click()


def _person(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/people?q=newcomer")
    visit.page.get_by_role("link", name="Pat Doe").first.click()


def _colleague(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/colleagues")
    visit.page.get_by_role("link", name="Olga Owner").click()


def _applied(visit: Visit) -> str:
    """The application of the holder, made where there is none, with a score and more asked than met."""
    services, now = visit.site.service.services, visit.site.service.clock.now
    document = json.loads((default_schemas_dir() / "programmes" / "internal-foundation.json").read_bytes())
    load_programme(services, document, owner="Learning and development", actor="test", now=now)
    member = services.store.members.find_by_email(HOLDER)
    assert member is not None
    known = services.store.applications.find("tour")
    if known is None:
        wanted = {"competencies": ["Giving feedback", "Asking questions"], "reference": "tour"}
        known, _ = apply(services, member.id, "internal-foundation", **wanted, actor="test", now=now)
        hand_in(services, known.id, HandedIn("assessment", data={"score": 72}), actor="test", now=now)
    return known.id


def _programme(path: str) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        _applied(visit)
        visit.sign_in_to_console()
        visit.go(f"/console/programmes{path}")

    return arrive


def _assess_application(visit: Visit) -> None:
    application = _applied(visit)
    visit.follow_link(visit.site.colleague_link(Role.ASSESSOR, "ana@academy.example"))
    visit.go("/console/assessing")
    visit.page.locator(f'a[href$="{application}"]').click()


def _application(path: str) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        application = _applied(visit)
        visit.open_wallet()
        visit.go(f"/wallet/mentoring/applications{path.format(application)}")

    return arrive


def _endorse(visit: Visit, beneath: str = "") -> None:
    application = _applied(visit)
    visit.open_wallet()
    visit.go(f"/wallet/mentoring/endorse/{application}{beneath}")


def _endorse_outside(visit: Visit) -> None:
    _application("/{}/endorsements")(visit)
    link = visit.page.locator("code.secret").last.inner_text()
    visit.context.clear_cookies()
    visit.go(link)


def _endorse_elsewhere(visit: Visit) -> None:
    _endorse_outside(visit)
    visit.page.get_by_role("link", name="endorse with your own key").click()


def _assess(visit: Visit) -> None:
    visit.follow_link(visit.site.colleague_link(Role.ASSESSOR, "ana@academy.example"))
    visit.go("/console/assess?q=pat")
    visit.page.get_by_role("link", name="Pat Doe").first.click()
    visit.page.get_by_role("main").get_by_role("link").nth(1).click()


def _outcomes(path: str = "") -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        store = visit.site.service.services.store.outcomes
        if not store.views(figures.QUARTER):
            for one in figures.views(visit.site.service.clock.now):
                store.put_view(one)
        visit.sign_in_to_console()
        visit.go(f"/console/outcomes{path}")

    return arrive


def _counted(*, is_one: bool = False) -> Callable[[Visit], object]:
    """Of somebody of whom a target, what they reached, and an assignment were told."""

    def arrive(visit: Visit) -> None:
        service = visit.site.service
        headers, client = service.api_headers(), service.client()
        for number, email in (("C1", HOLDER), ("C2", "lea.der@example.org")):
            told = {"email": email, "employment": {"started": "2025-01-01", "role": "Nurse"}}
            assert client.put(f"/api/v1/members/{number}", json=told, headers=headers).status_code == 200
        level = {"person": "C1", "competency": "Giving feedback", "maximum": 5, "score": 3, "by": "C2"}
        criteria = [{"criterion": "Within the budget", "met": True}, {"criterion": "In use", "met": None}]
        items = [
            level | {"kind": "target", "due_on": "2026-02-01", "occurred_at": "2026-01-02T09:00:00Z"},
            level | {"kind": "observation", "occurred_at": "2026-01-20T09:00:00Z"},
            {"person": "C1", "kind": "project", "project": "Relaunch", "by": "C2", "criteria": criteria}
            | {"occurred_at": "2026-01-22T09:00:00Z"},
        ]
        answer = client.post("/api/v1/outcomes/facts", json={"items": items}, headers=headers)
        assert answer.status_code == 200, answer.text
        _wallet_page("/mentoring/counted")(visit)
        if is_one:
            visit.page.get_by_role("link", name="An assignment").click()

    return arrive


def _personnel(visit: Visit) -> None:
    """A file with two changes of somebody, and somebody whom nobody knows."""
    service = visit.site.service
    told = {"email": "pat.rick@example.org", "employment": {"started": "2025-01-01", "role": "Nurse"}}
    headers = service.api_headers("people:write")
    assert service.client().put("/api/v1/members/P7", json=told, headers=headers).status_code == 200
    rows = (
        "P7,2025-01-01,Graz,Care,,Nurse,",
        "P7,2026-01-01,Graz,Care,,Head nurse,",
        "P8,2025-01-01,,,,Cook,",
    )
    text = "\n".join(("employeeId,date,location,department,division,jobTitle,reportsTo", *rows))
    visit.sign_in_to_console()
    visit.go("/console/personnel")
    file: FilePayload = {"name": "jobs.csv", "mimeType": "text/csv", "buffer": text.encode()}
    visit.page.get_by_label("File", exact=True).set_input_files(file)
    visit.page.get_by_role("button", name="Look at it").click()


def _rule(visit: Visit) -> None:
    visit.sign_in_to_console()
    visit.go("/console/achievements/mentor-foundation/rule")


def _wallet_page(path: str, status: int = 200) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        visit.open_wallet()
        visit.go("/wallet" + path, status=status)

    return arrive


def _wallet_archive(state: str) -> Callable[[Visit], object]:
    """Of a large wallet, for which a job makes it."""

    def arrive(visit: Visit) -> None:
        store, now = visit.site.service.services.store, visit.site.service.clock.now
        visit.open_wallet()
        holder = store.members.find_by_email(HOLDER)
        assert holder is not None
        store.archives.add(ArchiveRecord(f"archive-{state}", holder.person_id, False, now, 350, 1_200))
        if state == "ready":
            store.archives.keep(f"archive-{state}", b"PK", now)
        if state == "failed":
            store.archives.fail(f"archive-{state}", now)
        visit.go("/wallet/archive")
        store.archives.remove(holder.person_id)

    return arrive


def _wallet_imported(visit: Visit) -> None:
    """One badge of somebody else, and one that is none."""
    visit.open_wallet()
    visit.go("/wallet/imports")
    visit.page.get_by_label("Files").set_input_files(files_of(visit, "recipient", "tampered"))
    visit.page.get_by_role("button", name="Check and add").click()
    visit.page.get_by_text("What became of it").wait_for()


def _wallet_import(visit: Visit) -> None:
    _wallet_imported(visit)
    visit.page.get_by_role("region", name="What you brought along").get_by_role("link").first.click()
    visit.page.get_by_text("What was checked").wait_for()


def _wallet_consent(visit: Visit) -> None:
    visit.open_wallet()
    visit.go(f"/oauth/authorize?{urlencode(new_app(visit.site.service).request())}")


def _wallet_app_fault(visit: Visit) -> None:
    asked = new_app(visit.site.service).request(code_challenge=None)
    asked = {name: value for name, value in asked.items() if value is not None}
    visit.go(f"/oauth/authorize?{urlencode(asked)}", status=400)


def _wallet_apps(visit: Visit) -> None:
    person = Person(visit.site.service).open_wallet(HOLDER)
    new_app(visit.site.service).tokens(person)
    visit.open_wallet()
    visit.go("/wallet/apps")


def _wallet_cv(visit: Visit) -> None:
    visit.open_wallet()
    visit.go("/wallet/cv")
    visit.page.get_by_label("Your name").fill("Pat Doe")
    visit.page.get_by_role("button", name="Page to print").click()
    visit.page.get_by_text("Ask for the data file").wait_for()


def _wallet_hosts(visit: Visit) -> None:
    store, now = visit.site.service.services.store, visit.site.service.clock.now
    visit.open_wallet()
    holder = store.members.find_by_email(HOLDER)
    assert holder is not None
    if store.hosts.get(holder.person_id, "a-host") is None:
        told = HostConnection(
            "a-host", holder.person_id, "https://badges.example", "Badge Shelf", {}, now, now
        )
        store.hosts.add(told)
    visit.go("/wallet/hosts")


def _wallet_host_send(visit: Visit) -> None:
    _wallet_hosts(visit)
    visit.go("/wallet/hosts/a-host/send")


def _share_several(visit: Visit) -> None:
    visit.go(visit.site.share_of("valid", "revoked", "expired"))


def _share_gate(visit: Visit) -> None:
    visit.go(visit.site.share_of("valid", passcode="open sesame"))


def _object(visit: Visit) -> None:
    """Somebody says that a badge is wrong; once for all who look."""
    services, known = visit.site.service.services, visit.site.ids["valid"]
    said = ObjectionRecord("said", known, ObjectionKind.WRONG, "Not that day", visit.site.service.clock.now)
    services.store.objections.add(said)


def _wallet_consents(visit: Visit) -> None:
    person = Person(visit.site.service).open_wallet(HOLDER)
    new_app(visit.site.service).tokens(person)
    _wallet_page("/data/consents")(visit)


def _wallet_objections(visit: Visit) -> None:
    _object(visit)
    _wallet_page("/data/objections")(visit)


def _wallet_objection(visit: Visit) -> None:
    _wallet_page(f"/data/objections/{visit.site.ids['valid']}")(visit)


def _objections(visit: Visit) -> None:
    _object(visit)
    _console("/objections")(visit)


def _objection(visit: Visit) -> None:
    _object(visit)
    _console("/objections/said")(visit)


def _profile(visit: Visit) -> str:
    """A role that asks for a skill which a badge shows, and for one that none does."""
    services = visit.site.service.services
    (shown, *_) = services.store.achievements.newest("mentor-foundation").achievement["alignment"]
    skills = [shown["targetUrl"], {"uri": "https://skills.example/plan", "label": "Plan a workshop"}]
    value = {"name": "Coach of new colleagues", "skills": skills}
    return keep_profile(services, value, actor="test", now=visit.site.service.clock.now).key


def _profile_pathway(visit: Visit) -> None:
    _console(f"/frameworks/profiles/{_profile(visit)}/pathway")(visit)


def _proposed_pathway(visit: Visit) -> None:
    _console(f"/achievements/mentor-practitioner/pathway?profile={_profile(visit)}&gaps=steps")(visit)


def _wallet_sessions(visit: Visit) -> None:
    visit.open_wallet()
    visit.go("/wallet/sessions")


PUBLIC = (
    Stop("landing", lambda visit: visit.go("/")),
    Stop("not-found", lambda visit: visit.go("/nothing-here", status=404)),
    Stop("issuer", lambda visit: visit.go("/issuer")),
    Stop("log", lambda visit: visit.go("/log")),
    Stop("achievement", lambda visit: visit.go("/achievements/mentor-foundation/versions/1")),
    Stop("credential", lambda visit: visit.go(f"/credentials/{visit.site.ids['valid']}")),
    Stop("credential-expired", lambda visit: visit.go(f"/credentials/{visit.site.ids['expired']}")),
    Stop("credential-revoked", lambda visit: visit.go(f"/credentials/{visit.site.ids['revoked']}")),
    Stop("credential-suspended", lambda visit: visit.go(f"/credentials/{visit.site.ids['suspended']}")),
    Stop("share", lambda visit: visit.go(visit.site.share("valid"))),
    Stop("share-several", _share_several),
    Stop("share-gate", _share_gate),
    Stop("share-ended", lambda visit: visit.go(visit.site.share("valid", ended=True), status=410)),
)
VERIFY = (
    Stop("ask", lambda visit: visit.go("/verify/ask")),
    Stop("ask-wait", _ask),
    Stop("ask-answer", _ask_answer),
    Stop("ask-ended", lambda visit: visit.go("/verify/ask/never-was", status=410)),
    Stop("asked", _asked),
    Stop("verify", lambda visit: visit.go("/verify")),
    Stop("verify-valid", _verify("valid")),
    Stop("verify-expired", _verify("expired")),
    Stop("verify-revoked", _verify("revoked")),
    Stop("verify-suspended", _verify("suspended")),
    Stop("verify-forged", _verify_forged),
    Stop("verify-learning", _verify_learning),
    Stop("achievement-translated", _translated),
    Stop("eligibility", lambda visit: visit.go("/eligibility")),
    Stop("verify-for", lambda visit: visit.go("/verify?for=acme")),
    Stop("verify-trusted", _verify_defect("unknown-issuer", "/verify?for=acme")),
    Stop("verify-list-outdated", _verify_defect("unknown-issuer", "/verify?for=later")),
    Stop("verify-several", _verify_several),
    Stop("verify-several-plain", _verify_several_without_script),
    Stop("verify-kept", lambda visit: keep_result(visit, "tampered")),
    Stop("verify-ended", _ended_result),
    Stop("verify-gone", lambda visit: visit.go("/verify/results/never-was", status=410)),
)
DEFECTS = tuple(Stop(f"defect-{item.name}", _verify_defect(item.name)) for item in defects(NOW))
WALLET = (
    Stop("wallet-ask", lambda visit: visit.go("/wallet")),
    Stop("wallet-open", lambda visit: visit.go(visit.site.wallet_link())),
    Stop("wallet-link-dead", lambda visit: visit.go("/wallet/open/never-was", status=410)),
    Stop("wallet", _wallet_page("")),
    Stop("wallet-sessions", _wallet_sessions),
    Stop("wallet-identity", _wallet_page("/identity")),
    Stop("wallet-join", _wallet_page("/join")),
    Stop("wallet-join-link", _wallet_page("/join/link/never-was", status=410)),
    Stop("wallet-prove", _wallet_page("/prove/never-was", status=410)),
    Stop("wallet-add-address", _wallet_page("/identity/add/never-was", status=410)),
    Stop("wallet-not-me", lambda visit: visit.go("/wallet/not-me/never-was", status=410)),
    Stop("wallet-consent", _wallet_consent),
    Stop("wallet-app-fault", _wallet_app_fault),
    Stop("wallet-apps", _wallet_apps),
    Stop("wallet-hosts", _wallet_hosts),
    Stop("wallet-host-send", _wallet_host_send),
    Stop("wallet-progress", _wallet_page("/progress")),
    Stop("wallet-team", _wallet_page("/team")),
    Stop("wallet-roles", _wallet_page("/roles")),
    Stop("wallet-trajectory", _wallet_page("/mentoring/trajectory")),
    Stop("wallet-counted", _counted()),
    Stop("wallet-counted-fact", _counted(is_one=True)),
    Stop("wallet-imports", _wallet_imported),
    Stop("wallet-import", _wallet_import),
    Stop("wallet-counting", _wallet_page("/counting")),
    Stop("wallet-archive", _wallet_page("/archive")),
    Stop("wallet-archive-making", _wallet_archive("making")),
    Stop("wallet-archive-ready", _wallet_archive("ready")),
    Stop("wallet-archive-failed", _wallet_archive("failed")),
    Stop("wallet-cv", _wallet_page("/cv")),
    Stop("wallet-cv-page", _wallet_cv),
    Stop("wallet-badge", lambda visit: visit.go(f"/wallet/credentials/{visit.site.ids['valid']}")),
    Stop("wallet-claim", lambda visit: visit.go(visit.site.claim_link())),
    Stop("wallet-credential", _wallet_credential),
    Stop("wallet-learning", _wallet_learning),
    Stop("wallet-shared", _wallet_shared),
    Stop("wallet-shares", _wallet_page("/shares")),
    Stop("wallet-employment", _wallet_page("/employment")),
    Stop("wallet-data", _wallet_page("/data")),
    Stop("wallet-feedback-about-me", _wallet_page("/mentoring/feedback")),
    Stop("wallet-consents", _wallet_consents),
    Stop("wallet-applications", _application("")),
    Stop("wallet-apply", _application("/new/internal-foundation")),
    Stop("wallet-application", _application("/{}")),
    Stop("wallet-practice", _wallet_page("/mentoring/practice")),
    Stop("wallet-endorsements", _application("/{}/endorsements")),
    Stop("wallet-endorse", _endorse),
    Stop("endorse-outside", _endorse_outside),
    Stop("endorse-elsewhere-outside", _endorse_elsewhere),
    Stop("wallet-endorse-elsewhere", lambda visit: _endorse(visit, "/elsewhere")),
    Stop("wallet-identifier", _wallet_page("/mentoring/identifier")),
    Stop("wallet-objections", _wallet_objections),
    Stop("wallet-objection", _wallet_objection),
    Stop("wallet-erase", _wallet_page("/data/erase")),
    Stop("wallet-answer", _wallet_page("/answer")),
    Stop("wallet-answer-consent", _wallet_asked),
    Stop("wallet-answer-sent", _wallet_answered),
    Stop("wallet-exchange", _wallet_exchange),
    Stop("interaction", _interaction),
)
CONSOLE = (
    Stop("console-organisations", _console("/organisations")),
    Stop("console-one-organisation", _console("/organisations/main")),
    Stop("console-login", _console("/organisation/login")),
    Stop("console-prove", _console("/prove")),
    Stop("console-login-colleagues", _console("/organisation/login/colleagues")),
    Stop("console-login-saml", _console("/organisation/login/saml")),
    Stop("console-sign-in", lambda visit: visit.go("/console")),
    Stop("console-open", lambda visit: visit.go(visit.site.console_link())),
    Stop("console-link-dead", lambda visit: visit.go("/console/open/never-was", status=410)),
    Stop("console", _console("")),
    Stop("console-credentials", _console("/credentials")),
    Stop("console-credentials-none", _console("/credentials?q=nobody")),
    Stop("console-issue", _console("/credentials/issue")),
    Stop("console-credential", _console("/credentials/{valid}")),
    Stop("console-claim-link", _claim_link),
    Stop("console-revoke", _console("/credentials/{valid}/revoke")),
    Stop("console-suspend", _console("/credentials/{valid}/suspend")),
    Stop("console-achievements", _console("/achievements")),
    Stop("console-achievement", _console("/achievements/mentor-foundation")),
    Stop("console-achievement-new", _console("/achievements/new")),
    Stop("console-achievement-wrong", _wrong_definition),
    Stop("console-sources", _console("/sources")),
    Stop("console-source", _console("/sources/academy-lms")),
    Stop("console-source-rules", _console("/sources/academy-lms/rules")),
    Stop("console-source-new", _console("/sources/new")),
    Stop("console-source-secret", _secret),
    Stop("console-webhooks", _console("/webhooks")),
    Stop("console-picture", _picture),
    Stop("console-brand", _console("/organisation/brand")),
    Stop("console-letters", _console("/letters")),
    Stop("sandbox-kept-letters", _in_sandbox("/console/letters/kept")),
    Stop("sandbox-organisation", _in_sandbox("/console/organisation")),
    Stop("sandbox-badge", _in_sandbox("/credentials/{badge}")),
    Stop("console-trust", _console("/trust")),
    Stop("console-trust-wrong", _wrong_issuer),
    Stop("console-trusted-list", _own_list),
    Stop("console-trusted-list-outdated", _console("/trust/lists/outdated")),
    Stop("console-objections", _objections),
    Stop("console-objection", _objection),
    Stop("console-waiting", _console("/waiting")),
    Stop("console-wrong", _went_wrong),
    Stop("console-rule", _rule),
    Stop("console-pathway", _console("/achievements/mentor-practitioner/pathway")),
    Stop("console-learning", _console("/achievements/mentor-foundation/learning")),
    Stop("console-replay", _replay),
    Stop("console-translations", _console("/achievements/mentor-foundation/1/translations")),
    Stop("console-skills", _console("/achievements/mentor-foundation/skills?q=mentor")),
    Stop("console-frameworks", _console("/frameworks")),
    Stop("console-profile-pathway", _profile_pathway),
    Stop("console-pathway-proposed", _proposed_pathway),
    Stop("console-assess", _assess),
    Stop("console-programmes", _programme("")),
    Stop("console-programme", _programme("/internal-foundation")),
    Stop("console-assess-application", _assess_application),
    Stop("console-bulk", _console("/bulk")),
    Stop("console-bulk-run", _bulk_run),
    Stop("console-reissue", _console("/reissue")),
    Stop("console-revoke-many", _console("/revoke")),
    Stop("console-cases", _console("/cases")),
    Stop("console-case", _case),
    Stop("console-capacity", _console("/capacity")),
    Stop("console-fastest-path", _console("/fastest-path")),
    Stop("console-outcomes", _outcomes()),
    Stop("console-metrics", _console("/outcomes/metrics")),
    Stop("console-metric", _console("/outcomes/metrics/team-delta")),
    Stop("console-personnel", _console("/personnel")),
    Stop("console-personnel-looked", _personnel),
    Stop("console-outcomes-quarter", _outcomes(f"/quarters/{figures.QUARTER}")),
    Stop("console-people", _console("/people")),
    Stop("console-person", _person),
    Stop("console-colleagues", _console("/colleagues")),
    Stop("console-colleague", _colleague),
    Stop("console-account", _console("/account")),
    Stop("console-audit", _console("/audit")),
    Stop("console-keys", _console("/keys")),
    Stop("console-key-created", _key_created),
    Stop("console-ceremonies", _console("/keys/ceremonies")),
    Stop("console-ceremony", _ceremony),
)
MENTORING = tuple(Stop(name, arrive) for name, arrive in tour_mentoring.PAGES.items())
AUDITS = tuple(Stop(name, arrive) for name, arrive in tour_audits.PAGES.items())
ALL = PUBLIC + VERIFY + DEFECTS + WALLET + MENTORING + CONSOLE + AUDITS
