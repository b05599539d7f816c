"""Attacks 57 to 59: pictures that are made to hurt, or to be read in two ways."""

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.errors import BakingError
from credserv.openbadges.baking import bake_png, bake_svg, svg_from_png, unbake
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.zips import zlib_bomb
from tests.unit.openbadges.test_baking import COMPACT, CREDENTIAL, SVG, chunk, png

TEXT = b"openbadgecredential\0\0\0\0\0"
NS = b'xmlns:o="https://purl.imsglobal.org/ob/v3p0"'


def refused(image: bytes, message: str | None = None) -> None:
    started = time.process_time()
    with pytest.raises(BakingError, match=message):
        unbake(image)
    assert time.process_time() - started < HANGS_AFTER


def test_attack_57_a_picture_of_huge_size_costs_only_its_bytes() -> None:
    bomb = bake_png(png(width=60_000, height=60_000), CREDENTIAL)
    started = time.process_time()
    assert unbake(bomb) == CREDENTIAL
    assert time.process_time() - started < HANGS_AFTER


def test_attack_57_more_than_one_credential() -> None:
    refused(png(chunk(b"iTXt", TEXT + CREDENTIAL), chunk(b"iTXt", TEXT + COMPACT)), "more than one")
    refused(png(chunk(b"iTXt", TEXT + CREDENTIAL), chunk(b"iTXt", TEXT + CREDENTIAL + b" ")), "more than one")


def test_found_b13_one_credential_that_was_baked_twice_is_read() -> None:
    twice = [chunk(b"iTXt", TEXT + CREDENTIAL), chunk(b"tEXt", b"openbadgecredential\0" + CREDENTIAL)]
    assert unbake(png(*twice)) == unbake(png(*twice, twice[0])) == CREDENTIAL


def test_attack_57_compressed_text_is_not_inflated() -> None:
    bomb = zlib_bomb(b"x", 300)
    refused(png(chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0" + bomb)), "is compressed")
    refused(png(chunk(b"zTXt", b"openbadgecredential\0\0" + bomb)), "is compressed")
    assert unbake(png(chunk(b"tEXt", b"openbadgecredential\0" + CREDENTIAL))) == CREDENTIAL


OLD = b"openbadges\0\0\0\0\0"


def test_attack_57_the_address_in_an_open_badges_2_picture_is_text_and_not_followed_here() -> None:
    address = b"https://169.254.169.254/assertion"
    assert unbake(png(chunk(b"iTXt", OLD + address))) == address
    assert unbake(png(chunk(b"tEXt", b"openbadges\0" + address))) == address


def test_attack_57_an_open_badges_2_picture_has_the_same_limits() -> None:
    bomb = zlib_bomb(b"x", 300)
    refused(png(chunk(b"iTXt", b"openbadges\0\1\0\0\0" + bomb)), "is compressed")
    refused(png(chunk(b"zTXt", b"openbadges\0\0" + bomb)), "is compressed")
    refused(png(chunk(b"iTXt", OLD + b"{}"), chunk(b"iTXt", OLD + b"{ }")), "more than one")
    refused(png(chunk(b"iTXt", OLD + b"x" * (512 * 1024 + 1))))


def test_attack_57_a_newer_credential_is_not_put_aside_for_an_older() -> None:
    both = png(chunk(b"iTXt", OLD + b"{}"), chunk(b"iTXt", TEXT + CREDENTIAL))
    assert unbake(both) == CREDENTIAL


def test_found_h1_pixels_in_many_pieces_are_read() -> None:
    """As libpng writes a large picture: 8 KiB in each."""
    pieces = [chunk(b"IDAT", bytes(8_192))] * 500
    assert unbake(png(*pieces, chunk(b"iTXt", TEXT + CREDENTIAL))) == CREDENTIAL
    refused(png(*[chunk(b"IDAT", b"")] * 5_000, chunk(b"iTXt", TEXT + CREDENTIAL)), "more chunks")


def test_attack_57_a_wrong_checksum() -> None:
    good = bytearray(bake_png(png(), CREDENTIAL))
    good[-20] ^= 1
    refused(bytes(good), "checksum")


@pytest.mark.parametrize(
    "image",
    [
        png()[:-12],
        png()[:-1],
        png()[:8],
        png()[:8] + png()[33:],
        png() + b"<html><script>alert(1)</script>",
        png() + chunk(b"iTXt", TEXT + CREDENTIAL),
        png()[:-12] + chunk(b"IEND", b"more"),
        png(chunk(b"IHDR", bytes(13))),
        png()[:8] + chunk(b"IHDR", bytes(12)) + png()[33:],
        png(struct.pack(">I4s", 0xFFFFFFFF, b"iTXt") + TEXT),
        png(chunk(b"i\0Xt", TEXT + CREDENTIAL)),
        png(chunk(b"iTXt", TEXT[:-2] + CREDENTIAL)),
        png(chunk(b"iTXt", b"openbadgecredential")),
        png(chunk(b"iTXt", TEXT)),
        png(chunk(b"iTXt", TEXT + b"\xff\xfe")),
        png(*[chunk(b"teST", b"")] * 500, chunk(b"iTXt", TEXT + CREDENTIAL)),
        png(chunk(b"iTXt", TEXT + b"x" * (512 * 1024 + 1))),
        png(chunk(b"teST", bytes(4 * 1024 * 1024)), chunk(b"iTXt", TEXT + CREDENTIAL)),
        png(),
        b"",
        b"\x89PNG",
        b"GIF89a",
    ],
    ids=lambda image: f"{len(image)}-bytes",
)
def test_attack_57_a_png_that_is_not_whole_or_past_a_limit(image: bytes) -> None:
    refused(image)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_attack_57_no_change_of_a_byte_brings_out_another_credential(data: st.DataObject) -> None:
    baked = bytearray(bake_png(png(), CREDENTIAL))
    at = data.draw(st.integers(0, len(baked) - 1))
    baked[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BakingError):
        unbake(bytes(baked))


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", png()[:33], SVG[:60], b"<svg " + NS])
)
def test_attack_57_noise_is_refused_or_read_but_never_a_crash(noise: bytes, start: bytes) -> None:
    with pytest.raises(BakingError):
        unbake(start + noise)


def test_attack_58_a_polyglot_is_not_passed_on_when_baking() -> None:
    for polyglot in (png() + b"<script>", b"GIF89a" + png(), b"<html>" + png()):
        with pytest.raises(BakingError):
            bake_png(polyglot, CREDENTIAL)
        with pytest.raises(BakingError):
            svg_from_png(polyglot, "title")


def test_attack_58_an_svg_called_png_is_no_png() -> None:
    with pytest.raises(BakingError):
        bake_png(bake_svg(SVG, CREDENTIAL), CREDENTIAL)


ENTITIES = b"".join(b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * 10) for i in range(1, 12))


@pytest.mark.parametrize(
    "svg",
    [
        b'<!DOCTYPE svg [<!ENTITY e0 "x">' + ENTITIES + b"]><svg>&e11;</svg>",
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg '
        + NS
        + b"><o:credential>&x;</o:credential></svg>",
        b'<!DOCTYPE svg SYSTEM "http://169.254.169.254/"><svg '
        + NS
        + b"><o:credential>{}</o:credential></svg>",
        b"<!DOCTYPE svg><svg " + NS + b"><o:credential>{}</o:credential></svg>",
    ],
)
def test_attack_59_a_doctype_is_refused_before_anything_is_expanded(svg: bytes) -> None:
    if b"ENTITY" in svg:
        refused(svg, "DOCTYPE")
    else:  # it defines nothing, and what it names is never asked for (row S3)
        assert unbake(svg) == b"{}"
    with pytest.raises(BakingError, match="DOCTYPE"):
        bake_svg(svg, CREDENTIAL)


@pytest.mark.parametrize(
    "inside",
    [
        b"",
        b"<o:credential/>",
        b"<o:credential> </o:credential>",
        b"<o:credential>{}</o:credential><o:credential>{}</o:credential>",
        b"<o:credential>{<script/>}</o:credential>",
        b"<o:credential>{<o:credential>1</o:credential>}</o:credential>",
        b"<o:credential verify='a.b.c'>{}</o:credential>",
        b"<o:credential verify='https://evil.example/'/>",
        b"<o:credential verify='a.b.c' verify='d.e.f'/>",
        b"<p:credential xmlns:p='http://openbadges.org'>{}</p:credential>",
        b"<o:credential>&undefined;</o:credential>",
        b"<o:credential>{}</o:credential></svg><svg>",
    ],
)
def test_attack_59_a_credential_that_can_be_read_in_two_ways(inside: bytes) -> None:
    refused(b"<svg " + NS + b">" + inside + b"</svg>")


ASSERTION_NS = b'xmlns:b="http://openbadges.org"'


@pytest.mark.parametrize(
    "inside",
    [
        b"<b:assertion/>",
        b"<b:assertion verify='file:///etc/passwd'/>",
        b"<b:assertion verify='javascript:alert(1)'/>",
        b"<b:assertion>{}</b:assertion><b:assertion>{}</b:assertion>",
        b"<b:assertion>{<script/>}</b:assertion>",
        b"<b:credential>{}</b:credential>",
    ],
)
def test_attack_59_an_assertion_of_open_badges_2_that_cannot_be_read(inside: bytes) -> None:
    refused(b"<svg " + ASSERTION_NS + b">" + inside + b"</svg>")


@pytest.mark.parametrize(
    "svg",
    [
        b"<html " + NS + b"><o:credential>{}</o:credential></html>",
        b"<o:credential " + NS + b">{}</o:credential>",
        b"<?xml version='1.0' encoding='iso-8859-1'?><svg " + NS + b"><o:credential>{}</o:credential></svg>",
        ("<svg " + NS.decode() + "><o:credential>{}</o:credential></svg>").encode("utf-16"),
        b"<svg>" * 200_000,
        b"<svg " + b" ".join(b"a%d='%s'" % (i, b"x" * 30) for i in range(50_000)) + b">",
        b"<svg><!--" + b"-" * 1_000_000,
        b"<svg>" + b"<" * 1_000_000,
    ],
    ids=["html", "no-svg", "latin-1", "utf-16", "deep", "wide", "comment", "open"],
)
def test_attack_59_not_an_svg_in_utf_8(svg: bytes) -> None:
    refused(svg)


def test_attack_59_active_content_is_neither_run_nor_read() -> None:
    active = (
        b'<svg onload="alert(1)"><script>alert(2)</script><image href="http://169.254.169.254/"/>'
        b"<style>@import url(http://evil.example/)</style><foreignObject><p/></foreignObject></svg>"
    )
    assert unbake(bake_svg(active, CREDENTIAL)) == CREDENTIAL


def test_attack_59_deep_markup_beside_a_credential() -> None:
    deep = b"<svg>" + b"<g>" * 200_000 + b"</g>" * 200_000 + b"</svg>"
    assert unbake(bake_svg(deep, CREDENTIAL)) == CREDENTIAL
