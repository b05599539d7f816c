"""Sentences from below the web in the reader's language: whole, with what was filled in as it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import Flask
from markupsafe import Markup

from credserv.web.frame.context import current_notes
from credserv.web.frame.languages import figure, month, number
from credserv.web.frame.sentences import said, sentence, told
from tests.testkit.bounds import HANGS_AFTER


@contextmanager
def in_german() -> Iterator[None]:
    with Flask("toy").test_request_context():
        current_notes().language = "de"
        yield


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Valid", "Gültig"),
        ("Not verified", "Nicht bestätigt"),
        (
            "Genuine and in force: issued by A & B on 3 March 2026 UTC, and not changed since.",
            "Echt und in Kraft: ausgestellt von A &amp; B am 3. März 2026 UTC und seither nicht verändert.",
        ),
        ("It is in force until 2026-03-03 14:05 UTC.", "Er ist bis 3. März 2026, 14:05 UTC in Kraft."),
        ("It is in force until whenever.", "Er ist bis whenever in Kraft."),
        ("The host did not answer in time.", "Der Server hat nicht rechtzeitig geantwortet."),
        (
            "Its status could not be established: the host did not answer in time.",
            "Der Status konnte nicht festgestellt werden: der Server hat nicht rechtzeitig geantwortet.",
        ),
        (
            "It holds 3 credentials: 2 verified; 1 not verified.",
            "Er enthält: 3 Nachweise: 2 bestätigt; 1 nicht bestätigt.",
        ),
        (
            "Genuine and unchanged, but its status could not be checked.",
            "Echt und unverändert, aber nicht prüfbar: Status.",
        ),
        (
            "Ask its issuer whether it still stands: its list is not at a public address.",
            "Fragen Sie den Aussteller, ob er noch gilt: "
            "Die Liste liegt nicht unter einer öffentlichen Adresse.",
        ),
        (
            "Try again in a few minutes. If it stays so, ask Ex. Amp. Ltd.",
            "Versuchen Sie es in einigen Minuten noch einmal. Bleibt es so, fragen Sie Ex. Amp. Ltd.",
        ),
        (
            "https://a.example/1: it shows it, and is in force; b is not counted: about somebody else",
            "https://a.example/1: zeigt sie und ist in Kraft; b zählt nicht: über jemand anderen",
        ),
        ("2 of 3 endorsements count.", "2 von 3 Empfehlungen zählen."),
        ("A passcode has 6 to 64 characters.", "Ein Zugangscode hat 6 bis 64 Zeichen."),
        (
            "It ends on 3 March 2026 UTC, within 30 days. Ask its issuer whether it can be renewed.",
            "Er läuft am 3. März 2026 UTC ab, innerhalb von 30 Tagen. "
            "Fragen Sie den Aussteller, ob er erneuert werden kann.",
        ),
        (
            "“My <badge>” cannot be shared: it cannot be read.",
            "„My &lt;badge&gt;“ lässt sich nicht teilen: Er lässt sich nicht lesen.",
        ),
        ("", ""),
    ],
)
def test_a_sentence_is_said_as_a_whole(english: str, german: str) -> None:
    with in_german():
        assert said(english) == german


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Nobody ever said <this>.", '<span lang="en">Nobody ever said &lt;this&gt;.</span>'),
        (
            "Its status could not be established: a <b>strange</b> thing.",
            "Der Status konnte nicht festgestellt werden: "
            '<span lang="en">a &lt;b&gt;strange&lt;/b&gt; thing</span>.',
        ),
    ],
)
def test_what_is_not_known_stays_in_english_and_says_so(english: str, german: str) -> None:
    with in_german():
        assert said(english) == german
        assert "<" not in said("Nobody ever said this.", plain=True)


@pytest.mark.parametrize("name", ["Verified", "%(name)s", "{0}", "<script>alert(1)</script>", "%s 100 %"])
def test_attack_60_a_name_in_a_sentence_stays_that_name(name: str) -> None:
    english = f"Genuine and in force: issued by {name}, and not changed since."
    spoken = f"Echt und in Kraft: ausgestellt von {name} und seither nicht verändert."
    with in_german():
        assert said(english) == Markup.escape(spoken)
        assert said(english, plain=True) == spoken


def test_times_in_english_sentences_are_written_as_all_others_are() -> None:
    with Flask("toy").test_request_context():
        current_notes().language = "en"
        assert (
            said("It is in force until 2026-03-03 14:05 UTC.")
            == "It is in force until 3 March 2026, 14:05 UTC."
        )
        assert said("Room 2026-13-03 14:05 UTC") == "Room 2026-13-03 14:05 UTC"


def test_numbers_and_months_are_written_as_the_reader_writes_them() -> None:
    march = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
    assert (number(12_345), number(0.5), number(2.0), month(march)) == ("12,345", "0.5", "2", "March 2026")
    with in_german():
        assert (number(12_345), number(0.5), number(2.0), month(march)) == ("12.345", "0,5", "2", "März 2026")
        assert (figure("-4.0"), figure("4.50")) == ("-4,0", "4,50")
        assert said("2.0", ours=False) == "2.0", "a name, of a group"
        assert [figure(text) for text in ("2.0.1", "40", "v1.0", "")] == ["2.0.1", "40", "v1.0", ""]


def test_a_statement_is_its_headline_and_its_detail() -> None:
    statement = SimpleNamespace(headline="Nothing was checked.", detail="The deadline has passed.")
    with in_german():
        assert told(statement) == "Es wurde nichts geprüft. Die Frist ist verstrichen."


@pytest.mark.parametrize(("text", "whole"), [("a word", "A word."), ("Why?", "Why?"), ("Done.", "Done.")])
def test_a_sentence_begins_and_ends(text: str, whole: str) -> None:
    assert sentence(text) == whole


@pytest.mark.parametrize(
    "text",
    [
        "Its issuer's message on it: " + "It is not revoked. " * 500,
        "; " * 399,
        "Its issuer is in the list “" + "” as “" * 130 + "x",
        "The PDF carries several credentials (" + "); give one of them" * 40,
    ],
)
def test_a_strangers_text_costs_little_to_look_up(text: str) -> None:
    begun = time.process_time()
    with in_german():
        said(text)
    assert time.process_time() - begun < HANGS_AFTER
