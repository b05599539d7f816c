"""Achievements in further languages: how they are read, for whom they are, and what is published of them."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.reading import FaultList
from credserv.openbadges.display import achievement_display, build_display
from credserv.openbadges.translations import (
    Translation,
    choose,
    edition,
    in_language,
    parse_translations,
    still_true,
    with_related,
    written,
)

ID = "https://issuer.example/achievements/lifting/versions/2"
SIGNED: dict[str, Any] = {
    "id": ID,
    "type": ["Achievement"],
    "name": "Safe lifting",
    "description": "Moves loads without harm.",
    "criteria": {"type": "Criteria", "narrative": "Three lifts."},
    "inLanguage": "en",
    "version": "2",
}
GERMAN = Translation("de", "Sicher heben", "Bewegt Lasten ohne Schaden.", "Drei Hebungen.")
SWISS = Translation("de-CH", "Sicher lupfen", "Bewegt Lasten.", "Drei Mal.")
FRENCH = Translation("fr", "Lever sans risque", "Déplace des charges.", "Trois levées.")


def faults_of(value: object, achievement: dict[str, Any] = SIGNED) -> dict[str, str]:
    faults = FaultList()
    parse_translations(value, achievement, faults)
    return {fault.place: fault.message for fault in faults.faults}


def test_what_is_written_is_read_again() -> None:
    faults = FaultList()
    assert parse_translations(written((GERMAN, FRENCH)), SIGNED, faults) == (GERMAN, FRENCH)
    without = {**SIGNED, "criteria": {"id": "https://issuer.example/criteria"}}
    short = Translation("de", "Sicher heben", "Bewegt Lasten.")
    assert parse_translations(written((short,)), without, faults) == (short,)
    assert faults.faults == ()


def test_every_fault_is_told_with_its_place() -> None:
    whole = written((GERMAN,))["de"]
    found = faults_of(
        {
            "german": whole,
            "en": whole,
            "fr": {"name": " ", "description": "<b>x</b>", "criteria": {"narrative": "a<br>b"}},
            "es": {"name": {"x": "y"}, "humour": "z"},
            "it": "Sollevare",
        }
    )
    assert set(found) == {
        *("/translations/german", "/translations/en"),
        *(f"/translations/fr/{name}" for name in ("name", "description", "criteria/narrative")),
        *(f"/translations/es/{name}" for name in ("name", "description", "criteria", "humour")),
        "/translations/it",
    }
    assert "BCP 47" in found["/translations/german"]
    assert faults_of([]) == {"/translations": "an object is expected here"}
    assert set(faults_of({"de": whole}, {**SIGNED, "criteria": {"id": ID}})) == {
        "/translations/de/criteria/narrative"
    }
    assert set(faults_of({f"a{chr(97 + n // 26)}{chr(97 + n % 26)}": whole for n in range(41)})) == {
        "/translations"
    }


@pytest.mark.parametrize(
    ("wanted", "signed", "expected"),
    [
        (("de",), "en", GERMAN),
        (("de-AT", "fr"), "en", GERMAN),
        (("de-ch",), "en", SWISS),
        (("fr-CA", "de"), "en", FRENCH),
        (("it", "fr"), "en", FRENCH),
        (("en-GB", "de"), "en", None),  # who reads what was signed needs no translation
        (("it", "en", "de"), "en-US", None),
        (("it",), "en", None),
        ((), "en", None),
        (("it", "fr"), "", None),  # it may be in Italian
        (("fr",), "", FRENCH),
        (("de-CH",), "de-AT", SWISS),
    ],
)
def test_each_reader_gets_the_best_there_is(
    wanted: tuple[str, ...], signed: str, expected: Translation | None
) -> None:
    assert choose((GERMAN, SWISS, FRENCH), wanted, signed) == expected


def test_what_is_shown_keeps_what_was_signed() -> None:
    display = achievement_display(SIGNED)
    shown = in_language(display, SIGNED, (GERMAN,), ("de",))
    assert (shown.name, shown.description, shown.criteria, shown.language) == (
        *("Sicher heben", "Bewegt Lasten ohne Schaden.", "Drei Hebungen."),
        "de",
    )
    assert shown.signed is not None
    assert (shown.signed.name, shown.signed.language, shown.signed_name) == (
        *("Safe lifting", "en"),
        "Safe lifting",
    )
    assert in_language(display, SIGNED, (GERMAN,), ("en",)) is display


def test_attack_160_a_translation_of_other_words_is_not_shown() -> None:
    """Of a credential that says something else than the version that it names."""
    for other in ({"name": "Driving"}, {"description": "x"}, {"criteria": {"narrative": "None."}}):
        said = build_display({"credentialSubject": {"achievement": {**SIGNED, **other}}})
        assert in_language(said, SIGNED, (GERMAN,), ("de",)) is said


def test_they_go_along_while_the_words_stay() -> None:
    known = (GERMAN, FRENCH)
    assert still_true(known, SIGNED, {**SIGNED, "version": "3", "tag": ["x"]}) == known
    assert still_true(known, SIGNED, {**SIGNED, "inLanguage": "fr"}) == (GERMAN,)
    assert still_true(known, SIGNED, {**SIGNED, "name": "Lifting"}) == ()


def test_editions_name_each_other() -> None:
    known = (GERMAN, FRENCH)
    assert with_related(SIGNED, ()) == SIGNED
    whole = with_related({**SIGNED, "related": [{"type": ["Related"], "id": "https://x.example"}]}, known)
    assert [one["id"] for one in whole["related"]] == ["https://x.example", f"{ID}?lang=de", f"{ID}?lang=fr"]
    german = edition(SIGNED, known, "de")
    assert german is not None
    assert german["id"] == f"{ID}?lang=de"
    assert (german["name"], german["inLanguage"]) == ("Sicher heben", "de")
    assert german["criteria"] == {"type": "Criteria", "narrative": "Drei Hebungen."}
    assert [(one["id"], one["inLanguage"]) for one in german["related"]] == [
        (ID, "en"),
        (f"{ID}?lang=fr", "fr"),
    ]
    assert edition(SIGNED, known, "it") is None
