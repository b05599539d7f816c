import io
import json
import struct
import zlib
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.errors import BakingError
from credserv.openbadges.baking import bake_png, bake_svg, is_image, svg_from_png, unbake

CREDENTIAL = json.dumps(
    {"type": ["VerifiableCredential"], "name": "Zoë ]]> & <b>"}, ensure_ascii=False
).encode()
COMPACT = b"eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJkaWQ6ZXhhbXBsZToxIn0.c2lnbmF0dXJl"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*between: bytes, width: int = 1, height: int = 1) -> bytes:
    """A whole PNG of one grey pixel, with chunks of the test's own between header and pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\x80"))
    return PNG_SIGNATURE + header + b"".join(between) + pixels + chunk(b"IEND", b"")


json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="utf-8")), json_texts), st.booleans())
def test_what_is_baked_comes_out_as_it_was(document: dict[str, object], plain: bool) -> None:
    credential = json.dumps(document, ensure_ascii=plain, indent=1).encode()
    assert unbake(bake_png(png(), credential)) == credential
    assert (
        unbake(bake_svg(SVG, json.dumps(document, indent=1).encode()))
        == json.dumps(document, indent=1).encode()
    )


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec="utf-8", min_codepoint=32, exclude_characters="\ufffe\uffff"), min_size=1))
def test_any_text_that_xml_can_hold_survives_in_an_svg(text: str) -> None:
    credential = json.dumps({"name": text}, ensure_ascii=False).encode()
    assert unbake(bake_svg(SVG, credential)) == credential


def test_the_chunk_is_the_one_of_the_standard() -> None:
    baked = bake_png(png(), CREDENTIAL)
    assert baked == png()[:-12] + chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + CREDENTIAL) + png()[-12:]


def test_an_ordinary_reader_sees_picture_and_text() -> None:
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(bake_png(png(), CREDENTIAL)))
    image.load()
    assert image.text["openbadgecredential"] == CREDENTIAL.decode()


def test_baking_again_replaces_the_credential() -> None:
    for bake, picture in ((bake_png, png()), (bake_svg, SVG)):
        again = bake(bake(picture, CREDENTIAL), COMPACT)
        assert again == bake(picture, COMPACT)
        assert unbake(again) == COMPACT


def test_the_svg_is_otherwise_left_as_it_was() -> None:
    baked = bake_svg(b"<?xml version='1.0'?>\n<!-- > -->" + SVG, COMPACT)
    element = f'<openbadges:credential verify="{COMPACT.decode()}"></openbadges:credential>'.encode()
    declaration = b' xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
    assert element in baked
    assert baked.replace(element, b"").replace(declaration, b"").endswith(SVG)


@pytest.mark.parametrize(
    "svg",
    [
        b"<svg/>",
        b'<svg a=">"/>',
        b"<s:svg xmlns:s='http://www.w3.org/2000/svg' title='a > b'><s:g/></s:svg>",
        b"\xef\xbb\xbf<svg></svg>",
        b"<?xml version='1.0' encoding='UTF-8'?>\r\n<svg xmlns:openbadges='https://purl.imsglobal.org/ob/v3p0'></svg>",
        b'<svg xmlns:o="https://purl.imsglobal.org/ob/v3p0"><g><o:credential verify="a.b.c"/></g></svg>',
        b'<svg xmlns:o="https://purl.imsglobal.org/ob/v3p0"><o:credential>{}</o:credential ><g/></svg>',
        b'<svg xmlns:o="https://purl.imsglobal.org/ob/v3p0"><o:credential>1</o:credential><o:credential/></svg>',
        "<svg><title>Zoë</title><a/></svg>".encode(),
    ],
)
def test_every_way_to_write_an_svg_takes_a_credential(svg: bytes) -> None:
    baked = bake_svg(svg, CREDENTIAL)
    assert unbake(baked) == CREDENTIAL
    root = ElementTree.fromstring(baked)
    assert root[0].tag == "{https://purl.imsglobal.org/ob/v3p0}credential"


def test_a_carriage_return_survives_in_an_svg() -> None:
    credential = b'{"type":\r\n"VerifiableCredential"}'
    assert unbake(bake_svg(SVG, credential)) == credential


@pytest.mark.parametrize("credential", [b"", b"  ", b"\xff", b"a\0b", b"x" * (512 * 1024 + 1)])
def test_a_credential_that_is_no_text_or_too_long_is_not_baked(credential: bytes) -> None:
    for bake, picture in ((bake_png, png()), (bake_svg, SVG)):
        with pytest.raises(BakingError):
            bake(picture, credential)


def test_what_xml_cannot_hold_is_refused_rather_than_changed() -> None:
    with pytest.raises(BakingError):
        bake_svg(SVG, '{"name":"\uffff"}'.encode())


def test_a_prefix_that_means_something_else_is_not_taken_over() -> None:
    with pytest.raises(BakingError):
        bake_svg(b'<svg xmlns:openbadges="http://openbadges.org"/>', CREDENTIAL)


def test_an_svg_made_of_a_png_shows_it_and_takes_a_credential() -> None:
    svg = svg_from_png(bake_png(png(), COMPACT), "Mentor <foundation> & more\x01")
    root = ElementTree.fromstring(svg)
    assert root[0].text == "Mentor <foundation> & more"
    assert root.attrib["viewBox"] == "0 0 1 1"
    with pytest.raises(BakingError, match="no credential"):
        unbake(svg)
    assert unbake(bake_svg(svg, CREDENTIAL)) == CREDENTIAL


def test_pictures_are_told_from_other_input() -> None:
    assert is_image(png())
    assert is_image(b"\xef\xbb\xbf <svg/>")
    assert not is_image(CREDENTIAL)
    assert not is_image(COMPACT)


def test_the_address_of_the_specification_is_read_as_namespace_too() -> None:
    svg = bake_svg(b"<svg/>", CREDENTIAL).replace(b".org/ob/v3p0", b".org/spec/ob/v3p0")
    assert unbake(svg) == CREDENTIAL
    for both in (
        svg.replace(b"</svg>", bake_svg(b"<svg/>", COMPACT) + b"</svg>"),
        svg.replace(b"/spec", b"/x"),
    ):
        with pytest.raises(BakingError):
            unbake(both)


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (b"<o:assertion verify='a.b.c'/>", b"a.b.c"),
        (b"<o:assertion verify='https://a.example/1'/>", b"https://a.example/1"),
        (b"<o:assertion verify='https://a.example/1'> <![CDATA[ {\"a\":1} ]]> </o:assertion>", b'{"a":1}'),
        (b'<o:assertion>{}</o:assertion><n:credential>{"n":1}</n:credential>', b'{"n":1}'),
    ],
)
def test_an_assertion_of_open_badges_2_is_read_out_of_an_svg(element: bytes, text: bytes) -> None:
    spaces = b"xmlns:o='http://openbadges.org' xmlns:n='https://purl.imsglobal.org/ob/v3p0'"
    svg = b"<svg " + spaces + b">" + element + b"</svg>"
    assert unbake(svg) == text
    assert unbake(bake_svg(svg, CREDENTIAL)) == CREDENTIAL
