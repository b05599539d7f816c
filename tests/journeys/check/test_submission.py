"""A credential in everything that can carry one, by the page, by the API, and by the journey itself."""

from __future__ import annotations

import base64
import html
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from credserv.ground import strict_json
from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import GoneError, InputError, NoCredentialError, NotFoundError
from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.check.check import Checked, Kind, Question, check
from credserv.journeys.check.many import Submitted, report_on
from credserv.journeys.hold import shares, wallet
from credserv.openbadges.baking import bake_png, bake_svg
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from tests.testkit import badges2
from tests.testkit.carriers import alternate, encoded, pdf, pdf_with_note, qr_code, web_page
from tests.testkit.cose import sign_cose
from tests.testkit.proofs import V2, badge, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list
from tests.testkit.why import why
from tests.unit.openbadges.test_baking import SVG, chunk, png

ALICE = issuer(1)
LINK = "https://badges.example/credentials/1"
PAGE = "https://badges.example/people/pat/"
CREDENTIAL = json.dumps(ALICE.sign(badge(ALICE))).encode()
SIGNER = token_issuer()
TOKEN = sign_vc_jwt(SIGNER.badge(), signer=SIGNER.signer, verification_method=SIGNER.method)
COSE = sign_cose(SIGNER, SIGNER.badge())
OLD = b"openbadges\0\0\0\0\0"


@pytest.fixture
def hosts() -> Hosts:
    return Hosts({STATUS_URL: signed_list(ALICE), LINK: CREDENTIAL} | badges2.pages())


@pytest.fixture
def service(sqlite_template: Path, tmp_path: Path, hosts: Hosts) -> Service:
    """One that issues nothing."""
    shutil.copyfile(sqlite_template, tmp_path / "credserv.sqlite")
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts, starters=False)


@pytest.fixture
def issuing(tmp_path: Path, hosts: Hosts) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts)


def checked(service: Service, data: bytes | None = None, url: str | None = None, **asked: Any) -> Checked:
    question = Question(**asked)
    return check(service.services, data=data, url=url, now=service.clock.now, question=question)


def genuine(found: Checked) -> str:
    """That it verified; returns where it was found."""
    assert found.verdict is Verdict.ISSUER_UNKNOWN, found.result.checks
    return found.found_in


PRESENTATION: dict[str, Any] = {
    "@context": [V2],
    "type": ["VerifiablePresentation"],
    "holder": ALICE.did,
    "verifiableCredential": [json.loads(CREDENTIAL)],
}
SHOWN = json.dumps(
    PRESENTATION | {"proof": ALICE.prove(PRESENTATION, proofPurpose="authentication")}
).encode()


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        (CREDENTIAL, CREDENTIAL),
        (CREDENTIAL, b"```json\n" + CREDENTIAL + b"\n```"),
        (CREDENTIAL, bake_png(png(), CREDENTIAL)),
        (CREDENTIAL, bake_svg(SVG, CREDENTIAL)),
        (CREDENTIAL, pdf({"badge.json": CREDENTIAL})),
        (CREDENTIAL, pdf({"badge.png": bake_png(png(), CREDENTIAL)})),
        (CREDENTIAL, LINK.encode()),
        (SHOWN, SHOWN),
        (decode_base64url(TOKEN.split(".")[1]), TOKEN.encode()),
        (decode_base64url(TOKEN.split(".")[1]), pdf({"badge.jwt": TOKEN.encode()})),
    ],
    ids=["json", "pasted", "png", "svg", "pdf", "png-in-pdf", "link", "presentation", "jwt", "jwt-in-pdf"],
)
def test_what_was_handed_in_is_read_once(
    service: Service, monkeypatch: pytest.MonkeyPatch, text: bytes, carrier: bytes
) -> None:
    read: list[bytes] = []
    real = strict_json.parse_json

    def counted(raw: bytes, **limits: int) -> Any:
        read.append(raw)
        return real(raw, **limits)

    monkeypatch.setattr(strict_json, "parse_json", counted)
    assert checked(service, carrier).verdict is Verdict.ISSUER_UNKNOWN
    assert read.count(text) == 1


# --- COSE -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [COSE, COSE[1:], base64.b64encode(COSE), b" " + base64.b64encode(COSE).rstrip(b"=") + b"\r\n"]
)
def test_cose_as_it_is_or_as_text(service: Service, data: bytes) -> None:
    found = checked(service, data)
    assert genuine(found) == ""
    assert found.credential["issuer"]["id"] == SIGNER.did
    assert genuine(checked(service, pdf({"badge.cose": data}))) == "the attachment badge.cose of the PDF"


def test_cose_that_was_changed(service: Service) -> None:
    spoilt = COSE[:-1] + bytes([COSE[-1] ^ 1])
    assert checked(service, spoilt).verdict is Verdict.NOT_VERIFIED
    assert why(checked(service, spoilt)) == {"proof: invalid-signature"}


# --- PDF ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (pdf({"badge.json": CREDENTIAL, "notes.txt": b"Well done."}), "badge.json"),
        (pdf({"badge.json": CREDENTIAL}, associated=True), "badge.json"),
        (pdf({"badge.jwt": TOKEN.encode()}), "badge.jwt"),
        (pdf({"badge.png": bake_png(png(), CREDENTIAL)}), "badge.png"),
        (pdf({"badge.svg": bake_svg(SVG, CREDENTIAL)}), "badge.svg"),
        (pdf_with_note("badge.json", CREDENTIAL), "badge.json"),
        (b"junk before\n" + pdf({"badge.json": CREDENTIAL}), "badge.json"),
        (pdf({"a.json": CREDENTIAL, "b.json": CREDENTIAL, "c.json": b'{"invoice": 1}'}), "a.json"),
    ],
    ids=["json", "associated", "jwt", "png", "svg", "note", "late-header", "twice"],
)
def test_what_is_attached_to_a_pdf(service: Service, data: bytes, name: str) -> None:
    assert genuine(checked(service, data)) == f"the attachment {name} of the PDF"


def test_the_link_of_a_pdf(service: Service) -> None:
    assert genuine(checked(service, pdf(links=[LINK, LINK]))) == f"the link in the PDF, {LINK}"
    attached = checked(service, pdf({"badge.json": CREDENTIAL}, links=["https://away.example/"]))
    assert genuine(attached) == "the attachment badge.json of the PDF"


def test_a_pdf_that_leaves_open_which_is_meant(service: Service, hosts: Hosts) -> None:
    several = pdf({"a.json": CREDENTIAL, "b.jwt": TOKEN.encode()})
    with pytest.raises(NoCredentialError, match=r"a\.json, b\.jwt"):
        checked(service, several)
    with pytest.raises(NoCredentialError, match="several links"):
        checked(service, pdf(links=[LINK, PAGE]))
    with pytest.raises(NoCredentialError, match="no link"):
        checked(service, pdf({"notes.txt": b"Well done."}, links=["mailto:pat@example.org"]))
    assert hosts.asked == []


def test_a_pdf_of_ours_leads_to_ours(issuing: Service, hosts: Hosts) -> None:
    credential_id = issuing.issue()
    own = f"{issuing.services.public_url}/credentials/{credential_id}"
    found = checked(issuing, pdf(links=["https://away.example/", issuing.services.public_url, own]))
    assert found.verdict is Verdict.VERIFIED
    assert found.own is not None
    assert hosts.asked == []


# --- QR codes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_the_link_of_a_qr_code_in_any_picture(service: Service, hosts: Hosts, form: str) -> None:
    found_in = genuine(checked(service, qr_code(LINK, form=form, size=(900, 700))))
    assert found_in == f"the QR code of the picture, which is the link {LINK}"
    assert hosts.asked[0] == LINK


@pytest.mark.parametrize("link", ["https://nowhere.example/badge", "https://nowhere.example/a.pdf"])
def test_found_h6_a_qr_code_that_leads_nowhere_is_told_with_its_link(service: Service, link: str) -> None:
    report = report_on(service.services, Submitted("photo", data=qr_code(link)), now=service.clock())
    assert (report["kind"], report["verdict"]) == ("unreadable", "could_not_be_checked")
    assert report["found_in"] == f"the QR code of the picture, which is the link {link}"


def test_a_qr_code_that_holds_the_credential(service: Service) -> None:
    small = json.dumps(badges2.assertion(), separators=(",", ":"))
    found = checked(service, qr_code(small))
    assert (found.kind, genuine(found)) == (Kind.ASSERTION, "the QR code of the picture")
    assert genuine(checked(service, qr_code(TOKEN))) == "the QR code of the picture"


def test_what_is_baked_comes_before_what_is_shown(service: Service, hosts: Hosts) -> None:
    baked = bake_png(qr_code("https://evil.example/"), CREDENTIAL)
    assert genuine(checked(service, baked)) == "the text baked into the picture"
    assert "https://evil.example/" not in hosts.asked


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (qr_code(LINK, PAGE), "several"),
        (qr_code("WIFI:S:guest;;"), "neither"),
        (qr_code('{"ticket": 1}'), "neither"),
        (png(), "no QR code"),
        (qr_code("x")[:200], "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 100, "damaged"),
    ],
)
def test_a_picture_without_one_credential(service: Service, hosts: Hosts, picture: bytes, said: str) -> None:
    with pytest.raises(NoCredentialError, match=said):
        checked(service, picture)
    assert hosts.asked == []


def test_a_picture_that_shows_no_code(service: Service) -> None:
    from PIL import Image

    with pytest.raises(NoCredentialError, match="no QR code"):
        checked(service, encoded(Image.new("RGB", (300, 200), "green"), "PNG"))


def test_a_qr_code_of_ours_is_answered_from_the_store(issuing: Service, hosts: Hosts) -> None:
    credential_id = issuing.issue()
    item = wallet.carried(issuing.services, credential_id, issuing.clock.now)
    holder = item.record.person_id
    share = shares.share(issuing.services, holder, credential_id, "", issuing.clock.now)
    code = qr_code(share)
    assert checked(issuing, code).verdict is Verdict.VERIFIED
    assert checked(issuing, qr_code("https://away.example/app", share)).verdict is Verdict.VERIFIED
    (record,) = shares.shares_of(issuing.services, item)
    shares.end_share(issuing.services, holder, record.token_sha256, issuing.clock.now)
    with pytest.raises(GoneError):
        checked(issuing, code)
    assert hosts.asked == []


# --- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        [alternate(LINK)],
        [alternate("/credentials/1")],
        [alternate("../../credentials/1", "application/json")],
        ['<base href="/credentials/">', alternate("1")],
        [alternate("/feed", "application/rss+xml"), alternate("/x", "application/json"), alternate(LINK)],
        ["<LINK HREF=/credentials/1 TYPE='Application/LD+JSON; charset=utf-8' REL='nofollow Alternate'>"],
    ],
)
def test_the_credential_that_a_page_links_to(service: Service, hosts: Hosts, head: list[str]) -> None:
    hosts.pages[PAGE] = web_page(*head)
    found_in = genuine(checked(service, url=PAGE))
    assert found_in == f"the page {PAGE}, which links to {LINK}"
    assert hosts.asked[:2] == [PAGE, LINK]


def test_from_a_qr_code_by_a_page(service: Service, hosts: Hosts) -> None:
    hosts.pages[PAGE] = web_page(alternate(LINK))
    found_in = genuine(checked(service, qr_code(PAGE)))
    assert found_in == (
        f"the QR code of the picture, which is the link {PAGE}; the page {PAGE}, which links to {LINK}"
    )


@pytest.mark.parametrize(
    "page",
    [
        web_page(),
        web_page(alternate("/x", "application/json+oembed")),
        web_page(f'<link rel="canonical" type="application/json" href="{LINK}">'),
        web_page(body=alternate(LINK)),
        web_page(f"<script>{alternate(LINK)}</script>"),
        web_page(f"<!-- {alternate(LINK)} -->"),
        web_page(alternate("javascript:alert(1)")),
        web_page(alternate("data:application/json,{}")),
        web_page(alternate("https://[")),
        web_page(alternate("")),
    ],
)
def test_a_page_without_one(service: Service, hosts: Hosts, page: bytes) -> None:
    hosts.pages[PAGE] = page
    with pytest.raises(NoCredentialError):
        checked(service, url=PAGE)
    assert hosts.asked == [PAGE]


def test_a_page_that_was_saved_to_a_file(service: Service) -> None:
    assert genuine(checked(service, web_page(alternate(LINK)))).endswith(LINK)
    with pytest.raises(NoCredentialError):
        checked(service, web_page(alternate("/credentials/1")))


def test_links_are_followed_from_a_page_and_no_further(service: Service, hosts: Hosts) -> None:
    hosts.pages |= {PAGE: web_page(alternate("/2")), "https://badges.example/2": web_page(alternate(LINK))}
    with pytest.raises(NoCredentialError, match="on and on"):
        checked(service, url=PAGE)
    hosts.pages[PAGE] = LINK.encode()
    with pytest.raises(InputError):
        checked(service, url=PAGE)
    assert LINK not in hosts.asked


def test_a_page_that_points_to_a_place_of_ours_without_a_credential(service: Service, hosts: Hosts) -> None:
    hosts.pages[PAGE] = web_page(alternate(f"{service.services.public_url}/console"))
    with pytest.raises(NotFoundError):
        checked(service, url=PAGE)
    assert hosts.asked == [PAGE]


# --- Open Badges 2.0 ------------------------------------------------------------------------------


def test_every_form_of_an_assertion_leads_to_the_same(service: Service) -> None:
    hosted, address = json.dumps(badges2.assertion()).encode(), badges2.HOSTED.encode()
    signed = badges2.sign(badges2.signed_assertion()).encode()
    spaces = b"<svg xmlns:openbadges='http://openbadges.org'><openbadges:assertion verify='%s'/></svg>"
    for given in (
        hosted,
        address,
        signed,
        png(chunk(b"iTXt", OLD + hosted)),
        png(chunk(b"iTXt", OLD + signed)),
        png(chunk(b"tEXt", b"openbadges\0" + address)),
        spaces % signed,
        spaces % address,
        pdf({"badge.png": png(chunk(b"iTXt", OLD + address))}),
        qr_code(badges2.HOSTED),
    ):
        found = checked(service, given, recipient=badges2.EMAIL)
        genuine(found)
        assert found.kind is Kind.ASSERTION
        assert found.display.name == "Mentor"
        assert found.display.issuer_id == badges2.ISSUER
        assert found.display.issuer_name == "Example Academy"
        assert found.issuer == "badges.example/issuer.json"
        recipient = found.result.check("recipient")
        assert recipient is not None
        assert recipient.outcome is Outcome.PASSED


def test_an_assertion_about_another_person(service: Service) -> None:
    found = checked(service, badges2.HOSTED.encode(), recipient="eve@evil.example")
    assert found.verdict is Verdict.NOT_VERIFIED
    recipient = found.result.check("recipient")
    assert recipient is not None
    assert (recipient.outcome, recipient.code) == (Outcome.FAILED, "other-recipient")


def test_an_assertion_whose_host_is_silent(service: Service, hosts: Hosts) -> None:
    del hosts.pages[badges2.HOSTED]
    found = checked(service, json.dumps(badges2.assertion()).encode())
    assert found.verdict is Verdict.NOT_CHECKED
    assert not found.established


# --- by HTTP --------------------------------------------------------------------------------------

MEDIA_TYPES = [
    ("application/pdf", pdf({"badge.json": CREDENTIAL})),
    ("image/png", qr_code(LINK)),
    ("image/jpeg", qr_code(LINK, form="JPEG", size=(600, 600))),
    ("image/webp", qr_code(LINK, form="WEBP")),
    ("image/gif", qr_code(LINK, form="GIF")),
    ("image/svg+xml", bake_svg(SVG, CREDENTIAL)),
    ("text/plain", badges2.sign(badges2.signed_assertion()).encode()),
    ("application/json", json.dumps(badges2.assertion()).encode()),
]


@pytest.mark.parametrize(("media_type", "data"), MEDIA_TYPES, ids=[name for name, _ in MEDIA_TYPES])
def test_the_api_takes_each_file(service: Service, media_type: str, data: bytes) -> None:
    answer = service.client().post("/api/v1/verify", data=data, content_type=media_type)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert answer.json["verdict"] == "verified_issuer_unknown", answer.json


@pytest.mark.parametrize(("media_type", "data"), MEDIA_TYPES, ids=[name for name, _ in MEDIA_TYPES])
def test_the_page_takes_each_file(service: Service, media_type: str, data: bytes) -> None:
    form = {"file": (io.BytesIO(data), "whatever.bin")}
    answer = service.client().post("/verify", data=form, content_type="multipart/form-data")
    assert answer.status_code == 200
    assert "Mentor" in answer.text
    assert "Not genuine" not in answer.text


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 and nothing else", pdf({"notes.txt": b"Well done."}), qr_code("x")]
)
def test_a_file_without_one_is_a_problem_with_its_reason(service: Service, data: bytes) -> None:
    answer = service.client().post("/api/v1/verify", data=data, content_type="application/pdf")
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == "no-credential"
    page = service.client().post("/verify", data={"file": (io.BytesIO(data), "x")})
    assert page.status_code == 422
    assert answer.json["detail"][1:] in html.unescape(page.text)


def test_page_and_report_tell_which_way_was_followed(service: Service, hosts: Hosts) -> None:
    hosts.pages[PAGE] = web_page(alternate(LINK))
    code = qr_code(PAGE)
    answer = service.client().post("/api/v1/verify", data=code, content_type="image/png")
    assert answer.json is not None
    assert answer.json["found_in"].count(PAGE) == 2
    page = service.client().post("/verify", data={"file": (io.BytesIO(code), "x.png")})
    assert f"which links to {LINK}" in page.text
