"""Attacks 39, 51, 54, 57, 58, 61 and 62 on what carries a credential, and on Open Badges 2.0."""

from __future__ import annotations

import io
import json
import resource
import shutil
import time
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from credserv.carriers.pdf import read_pdf
from credserv.carriers.qr_code import read_qr_codes
from credserv.carriers.qr_reading import DAMAGED, MAX_SECONDS, read
from credserv.carriers.web_page import find_alternate, is_page
from credserv.fetch.guarded import GuardedFetcher
from credserv.ground.errors import (
    CredservError,
    InputError,
    NoCredentialError,
    TooLargeError,
    UnavailableError,
)
from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.check.check import Checked, check
from credserv.openbadges.baking import bake_png, bake_svg
from tests.testkit import badges2
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.carriers import alternate, encoded, pdf, qr_code, raw_pdf, web_page
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list
from tests.testkit.zips import zlib_bomb
from tests.unit.openbadges.test_baking import chunk, png

ALICE = issuer(1)
GOOD = json.dumps(ALICE.sign(badge(ALICE))).encode()
LINK = "https://badges.example/credentials/1"
HOSTS = Hosts({STATUS_URL: signed_list(ALICE), LINK: GOOD} | badges2.pages())
PDF = pdf({"badge.json": GOOD}, links=[LINK])
INTERNAL = [
    "http://169.254.169.254/latest/meta-data",
    "https://127.0.0.1/",
    "https://localhost:8443/",
    "https://good.example@evil.example/",
    "https://2130706433/",
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Service:
    folder = tmp_path_factory.mktemp("service")
    shutil.copyfile(sqlite_template, folder / "c.sqlite")
    return make_service(f"sqlite:///{folder / 'c.sqlite'}", folder, fetcher=HOSTS, starters=False)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Service:
    """One with the real guard; no address in these tests may ever be connected to."""
    folder = tmp_path_factory.mktemp("guarded")
    shutil.copyfile(sqlite_template, folder / "c.sqlite")
    return make_service(f"sqlite:///{folder / 'c.sqlite'}", folder, fetcher=GuardedFetcher(), starters=False)


def submit(service: Service, data: bytes) -> Checked:
    started = time.process_time()
    try:
        return check(service.services, data=data, url=None, now=service.clock.now)
    finally:
        assert time.process_time() - started < HANGS_AFTER


def refused(service: Service, data: bytes) -> None:
    HOSTS.asked.clear()
    with pytest.raises(InputError):
        submit(service, data)
    assert HOSTS.asked == []


# --- PDF ------------------------------------------------------------------------------------------


def stream(content: bytes, filters: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (filters, len(content), content)


def attaching(*objects: bytes, catalog: bytes = b"") -> bytes:
    """A PDF whose catalog names object 3 as an attachment."""
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R/AF[<</F(a.json)/EF<</F 3 0 R>>>>]%s>>" % catalog,
        b"<</Type/Pages/Kids[]/Count 0>>",
        *objects,
    )


def test_attack_57_the_pdfs_of_these_tests_are_read_when_they_are_harmless(service: Service) -> None:
    assert submit(service, attaching(stream(GOOD))).result.verified
    deflated = stream(zlib.compress(GOOD), b"/Filter/FlateDecode")
    assert submit(service, attaching(deflated)).result.verified


BOMB = zlib_bomb(b"x", 200)


@pytest.mark.parametrize(
    "data",
    [
        attaching(stream(BOMB, b"/Filter/FlateDecode")),
        attaching(stream(zlib.compress(BOMB, 9), b"/Filter[/FlateDecode/FlateDecode]")),
        attaching(stream(b"x" * 1000, b"/Filter[" + b"/ASCIIHexDecode" * 5_000 + b"]")),
        attaching(stream(GOOD, b"/Filter/NoSuchDecode")),
        attaching(b"3 0 R"),
        attaching(b"4 0 R", b"3 0 R"),
        raw_pdf(b"<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/AF[1 0 R]/Names<</EmbeddedFiles 1 0 R>>>>"),
        raw_pdf(
            b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 3 0 R>>>>",
            b"<</Type/Pages/Kids[2 0 R 2 0 R 2 0 R]/Count 3>>",
            b"<</Kids[3 0 R 3 0 R 3 0 R]>>",
        ),
        raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[" + b"[" * 100_000),
        raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<<" * 100_000),
        raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[" + b"1 0 R " * 300_000 + b"]>>"),
        raw_pdf(b"<</Type/Catalog>>", root=b"99 0 R"),
        b"%PDF-1.7\nxref\n0 99999999\n" + b"0000000000 65535 f \n" * 1_000 + b"trailer<</Root 1 0 R>>",
        b"%PDF-1.7\nstartxref\n9\n%%EOF" * 50_000,
        b"%PDF-1.7\n" + b"1 0 obj " * 400_000,
        b"%PDF-1.7\n" + b"\0" * 4_000_000,
        b"%PDF-" + b"%" * 1_000_000,
        PDF[:-300],
        PDF[: len(PDF) // 2],
        b"%PDF-",
    ],
    ids=lambda data: f"{len(data)}-bytes-{zlib.crc32(data):08x}",
)  # fmt: skip
def test_attack_57_a_pdf_that_is_made_to_hurt(service: Service, data: bytes) -> None:
    started = time.monotonic()
    refused(service, data)
    assert time.monotonic() - started < HANGS_AFTER


def test_attack_57_a_pdf_larger_than_is_read(service: Service) -> None:
    HOSTS.asked.clear()
    with pytest.raises(TooLargeError):
        submit(service, PDF + b"\n" * (4 * 1_048_576))


def test_attack_57_more_attachments_than_are_read(service: Service) -> None:
    refused(service, pdf({f"{number}.txt": b"%d" % number for number in range(40)}))


def test_attack_57_an_attachment_has_the_limits_of_a_picture(service: Service) -> None:
    two = [chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + text) for text in (GOOD, GOOD + b" ")]
    refused(service, pdf({"twice.png": png(*two), "entities.svg": b"<!DOCTYPE svg><svg></svg>"}))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(9, len(PDF) - 1), st.integers(0, 255))
def test_attack_57_no_change_of_a_byte_makes_a_pdf_more_than_its_signed_credential(
    service: Service, at: int, value: int
) -> None:
    data = PDF[:at] + bytes([value]) + PDF[at + 1 :]
    try:
        found = submit(service, data)
    except (InputError, UnavailableError):
        return
    assert not found.established or json.loads(found.raw) == json.loads(GOOD)


@settings(max_examples=10, deadline=None)
@given(st.binary(max_size=300))
def test_attack_57_noise_in_a_pdf_is_refused(noise: bytes) -> None:
    with pytest.raises(NoCredentialError):
        read_pdf(b"%PDF-1.4\n" + noise)


def test_attack_61_nothing_in_a_pdf_is_fetched_or_opened(guarded: Service, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_bytes(GOOD)
    actions = b"/OpenAction<</S/URI/URI(https://evil.example/)>>/AA<</O<</S/Launch/F(/bin/sh)>>>>"
    outside = b"<</Type/Filespec/FS/URL/F(https://evil.example/badge.json)>>"
    by_path = b"<</F(%s)/EF<</F(%s)>>>>" % (str(secret).encode(), str(secret).encode())
    data = raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R/AF[%s %s 3 0 R]%s>>" % (outside, by_path, actions),
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</F(x)/EF<</F 4 0 R>>>>",
        b"<</F(%s)/FFilter/FlateDecode/Length 0>>\nstream\n\nendstream" % str(secret).encode(),
    )
    refused(guarded, data)


@pytest.mark.parametrize("address", INTERNAL)
def test_attack_62_the_link_of_a_pdf_goes_nowhere_inside(guarded: Service, address: str) -> None:
    with pytest.raises(UnavailableError):
        submit(guarded, pdf(links=[address]))


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "javascript:alert(1)", "data:text/plain,x", "/etc/passwd"]
)
def test_attack_51_other_schemes_in_a_pdf_are_no_links(guarded: Service, address: str) -> None:
    with pytest.raises(NoCredentialError, match="no link"):
        submit(guarded, pdf(links=[address]))


def test_attack_62_names_in_a_pdf_cannot_hide_what_is_said(service: Service) -> None:
    name = "badge\u202enosj.\u200bjson\n\0" + "x" * 1_000
    found = submit(service, pdf({name: GOOD}))
    assert found.result.verified
    assert found.found_in.isprintable()
    assert len(found.found_in) < 300


# --- pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_attack_57_a_picture_of_more_pixels_than_are_decoded(service: Service, form: str) -> None:
    started = time.process_time()
    big = encoded(Image.new("L", (4_200, 4_200)), form)
    assert len(big) < 4 * 1_048_576
    encoding = time.process_time() - started
    with pytest.raises(TooLargeError):
        submit(service, big)
    assert time.process_time() - started < HANGS_AFTER + encoding


def test_attack_57_a_picture_that_says_it_is_huge(service: Service) -> None:
    refused(service, png(width=60_000, height=60_000))
    refused(service, png(width=2**31 - 1, height=2**31 - 1))


def test_attack_57_a_picture_larger_than_is_read(service: Service) -> None:
    refused(service, b"\xff\xd8\xff" + bytes(4 * 1_048_576))


def test_attack_57_an_animation_is_read_by_its_first_frame(service: Service) -> None:
    first, second = (Image.open(io.BytesIO(qr_code(text))) for text in (LINK, "https://evil.example/1"))
    written = io.BytesIO()
    first.save(written, "GIF", save_all=True, append_images=[second] * 20)
    HOSTS.asked.clear()
    assert submit(service, written.getvalue()).result.verified
    assert HOSTS.asked[0] == LINK


def test_attack_57_compressed_text_in_a_picture_is_not_kept(service: Service) -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + BOMB)
    refused(service, png(bomb))


def test_attack_58_a_polyglot_is_one_thing(service: Service) -> None:
    """A picture with a page or a PDF behind it is that picture, and a PDF header counts in its first KiB."""
    picture = qr_code(LINK, size=(400, 400), form="JPEG")
    assert submit(service, picture + b"<html>" + alternate("https://evil.example/").encode()).result.verified
    refused(service, b"GIF89a" + web_page(alternate(LINK)))


@pytest.mark.parametrize("words", ["%PDF-1.7", "<html>", "<!DOCTYPE html>"])
def test_attack_58_words_in_a_credential_do_not_make_it_a_file(service: Service, words: str) -> None:
    signed = ALICE.sign(badge(ALICE, name=words))
    text = json.dumps({"name": words} | signed, ensure_ascii=False).encode()
    for data in (text, bake_svg(b"<svg></svg>", text), bake_png(png(), text)):
        assert submit(service, data).result.verified


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"\x89PNG\r\n\x1a\n",
            png()[:33],
            b"GIF89a",
            b"\xff\xd8\xff\xe0",
            b"RIFF\x20\0\0\0WEBPVP8 ",
            qr_code("x")[:120],
        ]
    ),
)
def test_attack_57_noise_in_a_picture_is_refused(noise: bytes, start: bytes) -> None:  # fmt: skip
    try:
        assert read(start + noise) == {"codes": []}
    except DAMAGED:
        return


def _scans(count: int) -> bytes:
    """A progressive JPEG whose scans after the first are said again and again."""
    whole = encoded_jpeg()
    starts = [at for at in range(len(whole) - 1) if whole[at : at + 2] == b"\xff\xda"]
    last = whole[starts[-1] : -2]
    return whole[:-2] + last * count + b"\xff\xd9"


@cache
def encoded_jpeg() -> bytes:
    drawn = io.BytesIO()
    Image.effect_noise((3_900, 3_900), 3).convert("RGB").save(drawn, "JPEG", progressive=True, quality=1)
    return drawn.getvalue()


@pytest.mark.parametrize("scans", [130, 200, 2_000])
def test_found_f1a_a_jpeg_of_many_scans_costs_no_more_than_its_deadline(scans: int) -> None:
    picture = _scans(scans)[: 4 * 1_048_576]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    here = time.process_time()
    with suppress(NoCredentialError, UnavailableError):  # the latter where the machine has no time for it
        assert read_qr_codes(picture) == ()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    burnt = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert burnt < MAX_SECONDS + 1.0  # to start, and to be ended
    assert time.process_time() - here < MAX_SECONDS


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_found_f1a_the_largest_ordinary_picture_is_read_within_the_deadline(form: str) -> None:
    picture = qr_code("https://a.example/", form=form, size=(3_000, 2_900))
    found: tuple[bytes, ...] = ()
    for _ in range(5):  # a busy machine may not have the time for it at once
        with suppress(NoCredentialError, UnavailableError):
            found = found or read_qr_codes(picture)
    assert found == (b"https://a.example/",)


@pytest.mark.parametrize("address", INTERNAL)
def test_attack_62_a_qr_code_leads_nowhere_inside(guarded: Service, address: str) -> None:
    with pytest.raises(UnavailableError):
        submit(guarded, qr_code(address))


@pytest.mark.parametrize(
    "content",
    ["javascript:alert(1)", "file:///etc/passwd", "//evil.example/", "/verify?next=//evil.example",
     "openid4vp://?request_uri=https://evil.example", "HTTPS://EVIL.EXAMPLE/", "https://evil.example/\n{}",
     "https://evil.example/ https://badges.example/"],
)  # fmt: skip
def test_attack_62_a_qr_code_that_is_no_plain_link_is_not_followed(service: Service, content: str) -> None:
    refused(service, qr_code(content))


def test_attack_62_where_a_code_led_is_said_and_look_alikes_are_spelt_out(service: Service) -> None:
    address = "https://xn--bdges-mqa.example/credentials/1"
    HOSTS.pages[address] = GOOD
    found = submit(service, qr_code(address))
    assert address in found.found_in
    refused(service, qr_code("https://bädges.example/credentials/1"))


def test_attack_62_a_code_cannot_lend_a_stranger_our_name(service: Service) -> None:
    """Our address as user name, as path or as a part of a host is not ours."""
    own = service.services.public_url.partition("://")[2]
    for address in (
        f"https://{own}@evil.example/",
        f"https://evil.example/{own}",
        f"https://{own}.evil.example/",
    ):
        with pytest.raises(UnavailableError):
            submit(service, qr_code(address))


# --- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        b"<html>" + b"<" * 2_000_000,
        b"<html>" + b"<a" * 1_000_000,
        b"<html><!--" + b"-" * 2_000_000,
        b"<html>" + b"<![" * 500_000,
        b"<html>" + b"<?" * 1_000_000,
        b"<html>" + b"&" * 1_000_000,
        b"<html><link " + b"a=' " * 500_000,
        b"<html>" + b"<script>" * 200_000,
        b"<html><link " + b" ".join(b"a%d=b" % n for n in range(100_000)) + b">",
        b"<html>" + b"<b>" * 500_000,
        b"<html>\xff\xfe\x00" * 100_000,
    ],
    ids=lambda page: f"{bytes(page[6:14])!r}",
)
def test_attack_39_a_page_costs_no_more_than_its_head(page: bytes) -> None:
    started = time.process_time()
    assert is_page(page)
    assert find_alternate(page, "https://a.example/") is None
    assert time.process_time() - started < HANGS_AFTER


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.text(max_size=50))
def test_attack_39_noise_in_a_page_is_no_crash(head: str, address: str) -> None:
    page = f"<html>{head}<link rel=alternate type=application/json href='{address}'>".encode(
        "utf-8", "replace"
    )
    find_alternate(page, "https://a.example/")


@pytest.mark.parametrize("address", [*INTERNAL, "//169.254.169.254/", "\\\\evil\\share", "https:evil"])
def test_attack_62_a_page_leads_nowhere_inside(guarded: Service, address: str) -> None:
    with pytest.raises(CredservError) as caught:
        submit(guarded, web_page(alternate(address)))
    assert isinstance(caught.value, (NoCredentialError, UnavailableError))


def test_attack_54_one_thing_given_has_two_addresses_asked_at_most_before_its_proof(service: Service) -> None:
    many = [alternate(f"https://a.example/{number}") for number in range(50)]
    HOSTS.pages["https://a.example/"] = web_page(*many)
    HOSTS.asked.clear()
    with pytest.raises(UnavailableError):
        submit(service, b"https://a.example/")
    assert HOSTS.asked == ["https://a.example/", "https://a.example/0"]


# --- Open Badges 2.0 ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", INTERNAL[1:])
def test_attack_51_an_assertion_sends_nobody_inside(guarded: Service, address: str) -> None:
    found = submit(guarded, json.dumps(badges2.assertion(id=address)).encode())
    proof = found.result.check("proof")
    assert proof is not None
    assert proof.outcome is Outcome.UNKNOWN
    assert found.verdict is Verdict.NOT_CHECKED


def test_attack_54_an_assertion_has_few_addresses_asked(service: Service) -> None:
    keys = [f"https://badges.example/k{number}.json" for number in range(500)]
    HOSTS.pages[badges2.ISSUER] = HOSTS.pages[badges2.ISSUER] | {"publicKey": keys}
    HOSTS.asked.clear()
    signed = badges2.signed_assertion(verification={"type": "SignedBadge"})
    found = submit(service, badges2.sign(signed).encode())
    HOSTS.pages |= badges2.pages()
    assert found.verdict is not Verdict.VERIFIED
    assert len(HOSTS.asked) < 10
