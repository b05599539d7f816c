"""A framework comes in, changes, and is searched; by journey, job and command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from credserv.app import services as app_services
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.fetch.calling import Answer
from credserv.fetch.client_credentials import TokenClient
from credserv.fetch.guarded import FileFetcher
from credserv.frameworks.asked import Asked
from credserv.frameworks.crosswalk import Link, parse_crosswalk
from credserv.frameworks.framework import Framework, Strength
from credserv.ground.errors import ConflictError, FetchRefusedError, InputError, UnknownFrameworkError
from credserv.journeys.define import framework_imports as imports
from credserv.journeys.define import frameworks, skills
from credserv.journeys.define.framework_files import GivenFile, fetch_framework, read_given
from credserv.journeys.services import Services
from credserv.processes.cli import main
from credserv.processes.worker import job_functions
from credserv.records.frameworks import ImportState
from tests.testkit.service import NOW, Service
from tests.testkit.shared import shared_path
from tests.unit.frameworks.test_archive import zipped

URI = "https://frameworks.example/skills/"
HEADER = "uri,code,label,definition,replaced by\n"


def table(*rows: str) -> GivenFile:
    return GivenFile("ours_en.csv", (HEADER + "\n".join(rows) + "\n").encode())


def keep(services: Services, *rows: str) -> dict[str, int]:
    found = read_given(services, [table(*rows)], Asked(licence="CC BY 4.0"))
    return frameworks.keep_framework(services, found, actor="cli", now=NOW)[1]


def labels(services: Services, text: str) -> list[str]:
    return [found.skill.label for found in skills.search_skills(services, text)]


def cited_alignment(services: Services) -> str:
    """The address of a skill that a starter achievement is aligned to."""
    for version in services.store.achievements.list_newest():
        for alignment in version.achievement.get("alignment", []):
            return str(alignment["targetUrl"])
    raise AssertionError("no starter is aligned to anything")


def test_an_import_says_what_changed_and_what_of_it_is_cited(service: Service) -> None:
    services, cited = service.services, cited_alignment(service.services)
    assert keep(services, f"{URI}1,A1,Leads,,", f"{URI}2,A2,Listens,,", f"{cited},A3,Coaches,,") == {
        "added": 3,
        "changed": 0,
        "gone": 0,
    }
    newer = [table(f"{URI}1,A1,Leads people,,", f"{URI}2,A2,Listens,,", f"{URI}4,A4,Plans,,")]
    found = read_given(services, newer, Asked(licence="CC BY 4.0"))
    preview = frameworks.preview_framework(services, found)
    told = frameworks.tell_preview(preview)
    assert (told["added"], told["changed"], told["gone"], told["unchanged"]) == (1, 1, 1, 1)
    assert {(one["uri"], one["change"]) for one in told["cited"]} == {(cited, "gone")}
    assert labels(services, "leads") == ["Leads"], "a preview keeps nothing"
    record, _ = frameworks.keep_framework(services, found, actor="cli", now=NOW)
    assert (record.revision, record.items, record.licence) == (2, 3, "CC BY 4.0")
    assert labels(services, "leads") == ["Leads people"]
    assert labels(services, "coaches") == []
    assert skills.resolve_skills(services, [cited])[cited].gone
    again, counts = frameworks.keep_framework(services, found, actor="cli", now=NOW)
    assert (again.revision, counts) == (2, {"added": 0, "changed": 0, "gone": 0})


def test_an_import_that_was_cut_off_is_carried_on_with(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = sqlite_service.services
    monkeypatch.setattr(frameworks, "_AT_ONCE", 2)
    rows = [f"{URI}{number},,Skill {number},," for number in range(5)]
    found = read_given(services, [table(*rows)], Asked())

    def cut_off(done: int, _total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        frameworks.keep_framework(services, found, actor="cli", now=NOW, on_progress=cut_off)
    assert len(labels(services, "skill")) == 4
    _, counts = frameworks.keep_framework(services, found, actor="cli", now=NOW)
    assert counts["added"] == 1
    assert len(labels(services, "skill")) == 5


def test_items_without_addresses_are_named_under_ours(sqlite_service: Service) -> None:
    services = sqlite_service.services
    given = GivenFile("our skills.csv", b"code,name\nA,Leads\n")
    found = read_given(services, [given], Asked())
    assert found.uri == f"{services.public_url}/frameworks/our-skills/"
    assert found.items[0].uri == f"{found.uri}A"


def test_the_links_of_a_publisher_and_our_own_are_kept_apart(sqlite_service: Service) -> None:
    services = sqlite_service.services
    given = GivenFile("s.csv", f"uri,label,exact match\n{URI}1,Leads,urn:x:1\n".encode())
    found = read_given(services, [given], Asked())
    frameworks.keep_framework(services, found, actor="cli", now=NOW)
    own = parse_crosswalk([{"from": "urn:x:2", "to": f"{URI}1", "strength": "narrower"}])
    assert frameworks.keep_crosswalk(services, own, actor="cli", now=NOW) == 1
    assert set(frameworks.known_links(services, [f"{URI}1"])) == {
        Link("urn:x:1", f"{URI}1", Strength.EXACT),
        Link(f"{URI}1", "urn:x:1", Strength.EXACT),
        Link("urn:x:2", f"{URI}1", Strength.NARROWER),
    }


def test_an_alignment_is_made_of_what_the_framework_says(sqlite_service: Service) -> None:
    services = sqlite_service.services
    keep(services, f"{URI}1,A1,Leads,Shows others the way.,")
    (found,) = skills.search_skills(services, "A1")
    assert skills.build_alignment(found) == {
        "type": ["Alignment"],
        "targetName": "Leads",
        "targetUrl": f"{URI}1",
        "targetCode": "A1",
        "targetDescription": "Shows others the way.",
        "targetFramework": "ours_en",
        "targetType": "ext:Skill",
    }
    assert skills.tell_skill(found)["licence"] == "CC BY 4.0"


# --- the job --------------------------------------------------------------------------------------


def test_an_import_is_looked_at_confirmed_and_kept_by_jobs(service: Service) -> None:
    services = service.services
    run = job_functions(services)["framework"]
    begun = imports.begin_import(services, [table(f"{URI}1,A1,Leads,,")], Asked(), actor="console", now=NOW)
    (subject,) = imports.unfinished_imports(services)
    with pytest.raises(ConflictError):
        imports.confirm_import(services, begun.id)
    run(subject)
    seen = imports.require_import(services, begun.id)
    assert (seen.state, seen.preview["added"], labels(services, "leads")) == (ImportState.PREVIEWED, 1, [])
    assert imports.unfinished_imports(services) == ()
    imports.confirm_import(services, begun.id)
    run(subject)  # the first job once more: it has nothing to do
    (subject,) = imports.unfinished_imports(services)
    run(subject)
    done = imports.require_import(services, begun.id)
    assert (done.state, done.done, done.total) == (ImportState.DONE, 1, 1)
    assert labels(services, "leads") == ["Leads"]
    run(subject)


def test_an_import_that_cannot_be_read_says_why(sqlite_service: Service) -> None:
    services = sqlite_service.services
    given = GivenFile("x.json", b'{"a": 1}')
    begun = imports.begin_import(services, [given], Asked(), actor="console", now=NOW)
    job_functions(services)["framework"](imports.unfinished_imports(services)[0])
    failed = imports.require_import(services, begun.id)
    assert failed.state is ImportState.FAILED
    assert "this JSON is none of case" in failed.error
    with pytest.raises(InputError):
        imports.begin_import(services, [], Asked(), actor="console", now=NOW)


def test_an_import_may_be_given_up_before_it_begins(sqlite_service: Service) -> None:
    services = sqlite_service.services
    begun = imports.begin_import(services, [table(f"{URI}1,,Leads,,")], Asked(), actor="console", now=NOW)
    imports.cancel_import(services, begun.id)
    assert imports.unfinished_imports(services) == ()
    with pytest.raises(ConflictError):
        imports.cancel_import(services, begun.id)
    services.store.framework_imports.forget(NOW + timedelta(days=2))


def test_an_import_that_is_given_up_while_it_is_looked_at_stays_so(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, preview = sqlite_service.services, frameworks.preview_framework
    begun = imports.begin_import(services, [table(f"{URI}1,,Leads,,")], Asked(), actor="console", now=NOW)

    def given_up(own: Services, framework: Framework) -> frameworks.Preview:
        imports.cancel_import(services, begun.id)
        return preview(own, framework)

    monkeypatch.setattr(imports, "preview_framework", given_up)
    job_functions(services)["framework"](imports.unfinished_imports(services)[0])
    assert imports.require_import(services, begun.id).state is ImportState.CANCELLED
    with pytest.raises(ConflictError):
        imports.confirm_import(services, begun.id)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with an installation, whose fetches are answered from `tmp_path / "hosts"`."""
    hosts = tmp_path / "hosts"
    hosts.mkdir()
    host = "https://case.example/ims/case/v1p1"
    document = {"title": "F", "CFPackageURI": {"uri": f"{host}/CFPackages/1", "title": "F"}}
    package = {
        "CFDocument": {"uri": f"{host}/CFDocuments/1", "identifier": "1", "title": "F"},
        "CFItems": [{"uri": f"{host}/CFItems/2", "identifier": "2", "fullStatement": "Leads people"}],
    }
    (hosts / "documents.json").write_text(json.dumps({"CFDocuments": [document]}))
    (hosts / "package.json").write_text(json.dumps(package))
    served = {f"{host}/CFDocuments": "documents.json", f"{host}/CFPackages/1": "package.json"}
    (hosts / "hosts.json").write_text(json.dumps(served))

    def build(settings: Settings) -> Services:
        return build_services(settings, fetcher=FileFetcher(hosts))

    monkeypatch.setattr(app_services, "build_services", build)
    folder = str(tmp_path / "installation")
    assert main(["init", "--data", folder]) == 0
    return folder


def test_a_framework_by_command(
    installation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ("--data", installation)
    esco = str(shared_path("frameworks/esco/transversalSkillsCollection_en.csv"))
    assert main(["framework", "import", esco, "--dry-run", *own]) == 0
    assert "95 would be added" in capsys.readouterr().out
    assert main(["framework", "search", "initiative", *own]) == 1
    assert main(["framework", "import", esco, *own]) == 0
    assert (
        main(["framework", "import", "https://case.example/ims/case/v1p1/CFDocuments", "--json", *own]) == 0
    )
    capsys.readouterr()
    assert main(["framework", "search", "show", "init", "--json", *own]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["label"] == "show initiative"
    assert found[0]["licence"] == "https://eur-lex.europa.eu/eli/dec/2011/833/oj"
    assert main(["framework", "list", "--json", *own]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["size"]) for one in listed] == [
        ("ESCO transversal skills collection", 95),
        ("F", 1),
    ]
    assert main(["framework", "remove", listed[1]["id"], *own]) == 0
    assert main(["framework", "search", "leads", *own]) == 1
    links = tmp_path / "links.json"
    links.write_text(json.dumps([{"from": "urn:x:1", "to": "urn:x:2", "strength": "exact"}]))
    assert main(["framework", "crosswalk", str(links), *own]) == 0
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    capsys.readouterr()
    assert main(["framework", "crosswalk", str(broken), *own]) == 1
    assert f"{broken}: " in capsys.readouterr().err
    assert main(["framework", "import", str(broken), *own]) == 1
    assert main(["framework", "import", esco, "--field", "label", *own]) == 3


def test_the_zip_that_esco_publishes_is_imported_as_it_is(sqlite_service: Service) -> None:
    names = ("skills_en.csv", "skillsHierarchy_en.csv", "transversalSkillsCollection_en.csv")
    files = [(name, shared_path(f"frameworks/esco/{name}").read_bytes()) for name in names]
    made = zipped(*files, ("strange.csv", b"only one column\n"), ("other.csv", b"code,name\nA,Leads\n"))
    services = sqlite_service.services
    apart = [GivenFile(name, data) for name, data in files]
    wanted = read_given(services, apart, Asked())
    found = read_given(services, [GivenFile("ESCO dataset.zip", made)], Asked())
    assert (found.uri, found.name, found.format) == (wanted.uri, "ESCO", "esco-csv")
    assert {item.uri for item in found.items} == {item.uri for item in wanted.items}
    told = {fault.place: fault.message for fault in found.faults}
    assert told["strange.csv"].startswith("was passed over")
    assert told["other"] == "is of another format"
    with pytest.raises(UnknownFrameworkError):
        read_given(services, [GivenFile("x.zip", zipped(("a.csv", b"a\n")))], Asked())
    with pytest.raises(InputError, match=r"b\.json: this JSON is none of"):
        read_given(services, [table("1,One,"), GivenFile("b.json", b"{}")], Asked())


def test_attack_110_an_archive_in_an_archive_of_tables_is_not_opened(sqlite_service: Service) -> None:
    """One may hold itself, and so have no end."""
    services, data = sqlite_service.services, table("https://frameworks.example/skills/1,A,Leads,,").data
    nested = zipped(("nested.csv", zipped(("deep.csv", data))), ("ours.csv", data))
    found = read_given(services, [GivenFile("x.zip", nested)], Asked())
    told = {fault.place: fault.message for fault in found.faults}
    assert told["nested.csv"] == "was passed over: an archive within an archive"
    alone = GivenFile("x.zip", zipped(("a.csv", zipped(("a.csv", data)))))
    with pytest.raises(UnknownFrameworkError):
        read_given(services, [alone], Asked())


def test_a_case_host_that_asks_who_we_are_gets_the_secret_and_its_packages_host_alone(
    sqlite_service: Service,
) -> None:
    document, package = b"https://case.example/ims/case/v1p1/CFDocuments", b"/ims/case/v1p1/CFPackages/1"
    told = {
        "CFDocuments": [
            {"identifier": "1", "CFPackageURI": {"uri": "https://case.example" + package.decode()}}
        ]
    }
    pages = {
        document.decode(): json.dumps(told).encode(),
        told["CFDocuments"][0]["CFPackageURI"]["uri"]: b"{}",
    }
    asked: list[tuple[str, str]] = []

    class Caller:
        def call(
            self, url: str, *, headers: Mapping[str, str], content: bytes | None = None, max_bytes: int = 0
        ) -> Answer:
            asked.append((url, headers["Authorization"].partition(" ")[0]))
            if content is not None:
                return Answer(200, {}, b'{"access_token": "t-1"}')
            return (
                Answer(200, {}, pages[url])
                if headers["Authorization"] == "Bearer t-1"
                else Answer(401, {}, b"")
            )

    services = replace(sqlite_service.services, caller=Caller())
    client = TokenClient("https://login.example/token", "c", "s")
    file = fetch_framework(services, document.decode(), client)
    assert file.name.endswith("/CFPackages/1")
    assert [kind for _, kind in asked] == ["Basic", "Bearer", "Bearer"]
    told["CFDocuments"][0]["CFPackageURI"]["uri"] = "https://evil.example/package"
    pages[document.decode()] = json.dumps(told).encode()
    with pytest.raises(FetchRefusedError):
        fetch_framework(services, document.decode(), client)
    assert not any("evil" in url for url, _ in asked)
