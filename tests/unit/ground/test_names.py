"""One normal form of an address, however it is written; names of people whole."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.app.environment import Environment
from credserv.carriers.zip_file import read_zip, write_zip
from credserv.ground.errors import InputError
from credserv.ground.names import (
    cut,
    email_spellings,
    fold,
    has_unseen,
    is_did,
    is_email,
    is_slug,
    names_email,
    normalise_email,
    one_line,
    parse_email,
)
from credserv.journeys.award.employment import parse_said


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Ann.Example@Example.ORG\n", "ann.example@example.org"),
        ("ÄNN@BÜCHER.example", "änn@bücher.example"),
        ("a\u0308nn@example.org", "änn@example.org"),
        ("pat@bu\u0308cher.example", "pat@bücher.example"),
        ("pat@XN--BCHER-KVA.example", "pat@bücher.example"),
        ("pat@faß.example", "pat@faß.example"),
    ],
)
def test_the_normal_form(written: str, normal: str) -> None:
    assert normalise_email(written) == normal


@pytest.mark.parametrize(
    ("domain", "ascii_domain"),
    [
        ("faß.example", "xn--fa-hia.example"),
        ("fass.example", "fass.example"),
        ("κλαρα-σωλις.example", "xn----ylba7abgd9bnh0e.example"),
        ("نامه\u200cای.example", "xn--mgba3gch31f060k.example"),
        ("xn--fa-hia.example", "xn--fa-hia.example"),
        ("Example.ORG", "example.org"),
        ("r3---sn.example", "r3---sn.example"),
    ],
)
def test_b1_a_letter_goes_to_the_domain_that_was_written(domain: str, ascii_domain: str) -> None:
    address = parse_email(f"Pat@{domain}")
    assert (address.local, address.ascii_domain) == ("Pat", ascii_domain)
    assert parse_email(str(address)) == address
    assert normalise_email(f"pat@{ascii_domain}") == address.normal


@pytest.mark.parametrize(
    "text",
    [
        "pat@ｅxample.org",  # full width: IDNA 2003 would have mapped it
        "pat@ex\u00adample.org",  # soft hyphen: IDNA 2003 would have dropped it
        "pat@example\u3002org",
        "pat@xn--fass.example",  # no A-label of anything
        "pat@xn--80ak6aa92e\u200d.example",
        "pat@a\u200db.example",  # a joiner where nothing joins
        "pat@☃.example",
        "pa\u200bt@example.org",
        "pa\u202et@example.org",
        "pat@" + "ü" * 63 + ".example",
    ],
)
def test_attack_w13_what_cannot_be_normalised_is_refused_and_never_changed(text: str) -> None:
    assert not is_email(text)
    with pytest.raises(InputError) as caught:
        normalise_email(text)
    assert text.partition("@")[0] not in caught.value.detail.split()


def test_b1_faß_and_fass_are_two_people() -> None:
    assert not set(email_spellings("pat@faß.example")) & set(email_spellings("pat@fass.example"))


@given(st.text())
def test_it_is_its_own_normal_form(text: str) -> None:
    assert fold(fold(text)) == fold(text)


_LETTERS = st.text(st.sampled_from("aAzZ09éÉßøØñΣσςжЖ\u0301\u0308"), min_size=1, max_size=8)


@given(_LETTERS, _LETTERS, st.sampled_from(["NFC", "NFD"]))
def test_attack_w13_every_spelling_of_an_address_has_one_normal_form(
    local: str, label: str, form: str
) -> None:
    written = f"{local}@{label}.example"
    if not is_email(written):
        return
    address = parse_email(written)
    other = unicodedata.normalize(form, f"{local}@{address.ascii_domain.upper()}")  # type: ignore[arg-type]
    assert normalise_email(written) == normalise_email(other) == address.normal
    assert normalise_email(address.normal) == address.normal
    assert set(email_spellings(written)) >= {address.normal, written, str(address)}


@pytest.mark.parametrize("name", ["علی\u200cرضا کریمی", "ශ්\u200dරීමා", "👩\u200d🏫 Ada", "Zoë\u00a0B", "José"])
def test_b11_names_stay_whole(name: str) -> None:
    assert one_line(name) == name


def test_b11_what_hides_or_turns_is_left_out() -> None:
    assert one_line("Pat\r\nBcc: x\u202e\u200bEve\u2028!") == "Pat  Bcc: xEve !"


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("abc", 5, "abc"),
        ("abcdef", 3, "abc"),
        ("e\u0301e\u0301", 3, "e\u0301"),
        ("a👩\u200d🏫", 2, "a"),
        ("a👍🏽", 2, "a"),
    ],
)
def test_b11_no_letter_is_cut_in_two(text: str, most: int, shown: str) -> None:
    assert cut(text, most) == shown


_CLUSTERS = st.sampled_from(
    [
        "a",
        "é",
        "e\u0301",
        "ß",
        "ر",
        "ی\u200c",
        "ශ\u0dca\u200dර",
        "한",
        "👩\u200d🏫",
        "👍🏽",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "🇩🇪",
        "🇫🇷",
        " ",
        "\u00a0",
    ]
)


@given(st.lists(_CLUSTERS, min_size=1), st.integers(8, 40))
def test_found_b11_what_readers_see_as_one_letter_stays_or_goes_as_one(letters: list[str], most: int) -> None:
    whole = "".join(letters)
    assert one_line(whole) == whole
    assert not has_unseen(whole)
    fitting = [shown for number in range(len(letters) + 1) if len(shown := "".join(letters[:number])) <= most]
    assert cut(whole, most) == fitting[-1]


@pytest.mark.parametrize("name", ["مدیر\u200cعامل", "👩\u200d🏫 Ada", "Zoë\u00a0B", "ශ්\u200dරීමා"])
def test_found_b11_no_door_refuses_a_name_for_its_letters(name: str) -> None:
    assert Environment({"CREDSERV_ISSUER_NAME": name}).text("ISSUER_NAME", "") == name
    assert parse_said(name, "").role == name
    assert read_zip(write_zip({name: b"x"})) == {name: b"x"}


@given(st.text())
def test_found_b11_a_line_has_all_letters_that_can_be_seen_and_no_other(text: str) -> None:
    line = one_line(text)
    assert not has_unseen(line)
    assert line.replace(" ", "") == "".join(c for c in text if not has_unseen(c)).replace(" ", "")


@pytest.mark.parametrize("text", ["a", "mentor-2", "0", "a" * 64])
def test_short_names(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a_b", "a b", "a" * 65, "ä", "a\n", "٣"])
def test_what_is_no_short_name(text: str) -> None:
    assert not is_slug(text)


def test_dids() -> None:
    assert all(map(is_did, ("did:web:a.example%3A8080:b", "did:key:z6Mk")))
    assert not any(map(is_did, ("did:web:", "did:Web:a", "did:web:a#b", "did:web:a b", "DID:a:b", "did:a:ä")))


@pytest.mark.parametrize("text", ["ask pat@example.org", "pat@münchen.example", "(pat@localhost)"])
def test_an_address_is_found_within_a_text(text: str) -> None:
    assert names_email(text)


@pytest.mark.parametrize("text", ["", "five @ nine", "@pat", "pat@"])
def test_a_text_without_an_address_names_none(text: str) -> None:
    assert not names_email(text)
