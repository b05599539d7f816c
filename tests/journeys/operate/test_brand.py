"""How an organisation shows itself: on its pages, in letters, on paper, on cards, and nowhere else."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from credserv.app.founding import found_organisation
from credserv.ground.errors import SchemaFaultsError, UnavailableError
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.deliver.letter_form import Content, letter_of
from credserv.journeys.hold.certificates import certificate
from credserv.journeys.hold.wallet import carried
from credserv.journeys.operate.brand import brand_of, read_brand, set_brand
from credserv.outbound.mail import Mailer
from credserv.processes.cli import main
from credserv.records.brands import Brand
from credserv.records.credentials import Recipient
from credserv.records.organisations import Founding
from credserv.store.frame.remembered import Memory
from credserv.store.operate.brands import BrandRepository
from tests.testkit.browsing import Person
from tests.testkit.moving import environment
from tests.testkit.service import ACHIEVEMENT, NOW, Service, make_service

HTML = {"Accept": "text/html"}
IMPRINT = "Example Academy Ltd\n1 <b>High</b> Street, Wien"
PALE = "#ffe066"  # cannot be read on white


def picture(colour: str = "navy") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (300, 100), colour).save(written, "PNG")
    return written.getvalue()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Two organisations, each with a brand of its own."""
    folder: Path = tmp_path_factory.mktemp("brand")
    made = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)
    store = made.services.store
    found_organisation(made.settings, store, Founding("acme", "The acme"), actor="test", now=NOW)
    told = {"colour": PALE, "imprint": IMPRINT, "imprint_url": "https://academy.example/imprint"}
    told |= {"sender": "Academy badges", "reply_to": "help@academy.example"}
    set_brand(store, read_brand(Brand(), told, picture=picture()), actor="test", now=NOW)
    other = read_brand(Brand(), {"colour": "#0b6e4f", "imprint": "Acme, Linz"}, picture=picture("green"))
    set_brand(store.of("acme"), other, actor="test", now=NOW)
    return made


@pytest.fixture(scope="module")
def issued(service: Service) -> str:
    return service.issue(email="pat@example.org")


def pages(credential_id: str) -> list[str]:
    return [
        *("/", "/issuer", "/verify", "/wallet", "/docs", "/nothing-here"),
        f"/achievements/{ACHIEVEMENT}/versions/1",
        f"/credentials/{credential_id}",
    ]


def test_every_public_page_has_logo_colour_and_imprint_and_those_of_another_are_not_on_it(
    service: Service, issued: str
) -> None:
    client, version = service.client(), brand_of(service.services.store).version
    for path in pages(issued):
        told = client.get(path, headers=HTML).text
        assert f'src="/brand/logo.png?v={version}"' in told, path
        assert f'href="/brand/colours.css?v={version}"' in told, path
        assert "1 &lt;b&gt;High&lt;/b&gt; Street, Wien" in told, path
        assert 'href="https://academy.example/imprint"' in told, path
        assert "Acme, Linz" not in told
    other = client.get("/o/acme/", headers=HTML).text
    assert "Acme, Linz" in other
    assert "Wien" not in other
    assert version not in other
    own, theirs = (client.get(f"{at}/brand/logo.png").data for at in ("", "/o/acme"))
    assert own != theirs
    assert b"#0b6e4f" in client.get("/o/acme/brand/colours.css").data


def test_the_sheet_has_a_colour_for_day_night_and_print_that_can_be_read(service: Service) -> None:
    client, version = service.client(), brand_of(service.services.store).version
    assert client.get("/brand/colours.css").headers["Cache-Control"] == "no-cache"  # it may be another's soon
    answer = client.get(f"/brand/colours.css?v={version}")
    assert answer.content_type.startswith("text/css")
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    day, night, paper = re.findall(r"--accent:(#[0-9a-f]{6})", answer.text)
    assert night == PALE
    assert day == paper != PALE
    assert re.fullmatch(r"[-:@a-z0-9#{}();\s]+", answer.text)


def test_a_badge_names_whose_it_is_on_the_page_of_another(service: Service) -> None:
    acme = service.services.at_name("acme")
    load_starters(acme, service.settings.schemas_dir, NOW)
    request = OrderRequest("of-acme", ACHIEVEMENT, Recipient(email="kim@example.org", name="Kim"))
    badge, _ = award_request(acme, "api:test", request, now=NOW)
    told = Person(service).open_wallet("kim@example.org").get(f"/wallet/credentials/{badge.id}")
    within = base64.b64encode(brand_of(acme.store).logo).decode()
    assert f'<img class="logo" src="data:image/png;base64,{within}"' in told
    assert "The acme" in told
    assert "Acme, Linz" not in told  # the page is not theirs


def test_the_answer_of_a_check_shows_the_logo_once_it_is_proven(service: Service, issued: str) -> None:
    signed = service.services.store.credentials.get(issued).signed.decode()
    client = service.client()
    shown = '<p class="behind"><img class="logo"'
    assert shown in client.post("/verify", data={"text": signed}).text
    assert shown not in client.post("/verify", data={"text": signed.replace("Foundation", "Excellence")}).text


def test_letters_are_under_its_name_in_its_colour_with_its_imprint(service: Service) -> None:
    content = Content("Hello,", ("Words.",), "Open", "https://badges.example/x", ("A note.",))
    letter = letter_of(service.services, "pat@example.org", None, "Subject", content, "key")
    message = Mailer("smtp://127.0.0.1:9", sender="badges@host.example", sender_name="Host").compose(
        letter, now=NOW
    )
    assert message["From"] == "Academy badges <badges@host.example>"
    assert message["Reply-To"] == "help@academy.example"
    plain, html = (part.get_content() for part in message.iter_parts())
    assert plain.endswith(f"{IMPRINT}\nhttps://academy.example/imprint\n")
    assert "1 &lt;b&gt;High&lt;/b&gt; Street" in html
    assert PALE not in html
    assert "<img" not in html


def test_certificate_and_card_are_in_its_look(service: Service, issued: str) -> None:
    services = service.services
    item = carried(services, issued, NOW)
    read = PdfReader(io.BytesIO(certificate(services, item, address="https://x.example/y", name="Pat")))
    text = read.pages[0].extract_text()
    assert "1 <b>High</b> Street, Wien" in text
    assert len(read.pages) == 1
    assert "credential.json" in read.attachments
    drawn = service.client().get(f"/credentials/{issued}/card.png").data
    shown = Image.open(io.BytesIO(drawn)).convert("RGB")
    assert shown.size == (1_200, 630)
    assert shown.getpixel((600, 5)) != shown.getpixel((600, 40))  # the band in its colour


def test_the_console_shows_how_it_looks_before_it_is_saved(service: Service) -> None:
    person, store = Person(service).sign_in_to_console(), service.services.store
    before, at = brand_of(store), "/console/organisation/brand"
    chosen = {"colour": "#c0ffee", "imprint": "New", "sender": "New sender"}
    looked = person.submit(at, do="look", logo=(io.BytesIO(picture("red")), "logo.png"), **chosen).text
    assert brand_of(store) == before
    assert "darkened to" in looked
    kept = re.search(r'name="looked_at" value="([^"]+)"', looked)
    assert kept is not None
    assert f'href="data:image/png;base64,{kept[1]}"' in looked
    person.submit(at, do="save", looked_at=kept[1], **chosen)
    after = brand_of(store)
    assert (after.colour, after.imprint, after.sender) == ("#c0ffee", "New", "New sender")
    assert after.reply_to == before.reply_to  # what the form did not send stays
    assert Image.open(io.BytesIO(after.logo)).convert("RGB").getpixel((5, 5)) == (255, 0, 0)
    wrong = {"colour": "#1d4f91;}*{display:none", "reply_to": "x", "imprint": "a\u202eb"}
    faulty = person.submit(at, do="save", looked_at=kept[1], **wrong)
    assert faulty.status_code == 400
    for name in ("colour", "reply_to", "imprint"):
        assert f'id="{name}-fault"' in faulty.text
    assert f'name="looked_at" value="{kept[1]}"' in faulty.text, "what was looked at is not lost by that"
    assert person.submit(at, do="save", looked_at="ü").status_code == 400
    damaged = person.submit(at, do="save", looked_at="%%%")
    assert damaged.status_code == 400
    assert 'name="looked_at"' not in damaged.text
    assert brand_of(store) == after
    person.submit(at, do="save", logo_is="none")
    assert brand_of(store).logo == b""
    assert service.client().get("/brand/logo.png").status_code == 404
    set_brand(store, before, actor="test", now=NOW)


def test_a_page_says_that_the_database_is_away_and_asks_it_only_once_for_a_look(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def away(_self: BrandRepository) -> Brand:
        asked.append(1)
        raise UnavailableError("the database is away")

    monkeypatch.setattr(BrandRepository, "get", away)
    assert service.client().get("/nothing-here", headers=HTML).status_code == 404
    assert asked == [1]


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"sender": "A\r\nBcc: x@evil.example"}, "/sender"),
        ({"sender": "x" * 101}, "/sender"),
        ({"reply_to": "a@b.example, c@d.example"}, "/reply_to"),
        ({"imprint_url": "javascript:alert(1)"}, "/imprint_url"),
        ({"imprint": "\n".join("x" * 20)}, "/imprint"),
        ({"imprint": "x" * 1_001}, "/imprint"),
    ],
)
def test_attack_63_nothing_of_it_becomes_a_header_or_runs(told: dict[str, str], place: str) -> None:
    with pytest.raises(SchemaFaultsError) as found:
        read_brand(Brand(), told)
    assert [fault.place for fault in found.value.faults] == [place]


def test_the_command_shows_and_changes_what_is_given(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(service.settings).items():
        monkeypatch.setenv(name, value)
    store = service.services.store.of("acme")
    before, at = brand_of(store), ("organisation", "brand", "--organisation", "acme")
    assert main([*at]) == 0
    assert "Colour #0b6e4f: #0b6e4f on light pages" in capsys.readouterr().out
    logo, imprint = tmp_path / "logo.png", tmp_path / "imprint.txt"
    logo.write_bytes(picture("red"))
    imprint.write_text("Guild\nGraz")
    assert main([*at, "--logo", str(logo), "--imprint", str(imprint), "--sender", "Guild"]) == 0
    now = BrandRepository(store._database, "acme", Memory(store._database)).get()
    assert (now.colour, now.imprint, now.sender) == (before.colour, "Guild\nGraz", "Guild")
    assert now.logo not in (b"", before.logo)
    assert main([*at, "--colour", "blue"]) == 1
    assert main([*at, "--no-logo", "--colour", ""]) == 0
    assert "No logo" in capsys.readouterr().out
    set_brand(store, before, actor="test", now=NOW)
