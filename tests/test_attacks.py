"""The page of attacks has a row for each that is cited, and each row names the tests that are there."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.testkit.attacks import PAGE, cited, numbers, numbers_in, rows, written

MEND = "run `python -m tests.testkit.attacks --write`"


def test_every_attack_that_is_cited_has_a_row() -> None:
    missing = {number: files for number, files in cited().items() if number not in rows()}
    assert not missing, f"write a row for each in {PAGE}"


def test_no_attack_has_two_rows() -> None:
    assert [number for number, count in Counter(numbers()).items() if count > 1] == []


def test_each_row_names_the_tests_of_its_attack() -> None:
    assert PAGE.read_text() == written(), MEND


def test_what_the_code_guards_against_is_tested() -> None:
    """An attack that the product's own comments name has a test."""
    guarded = {
        number for number, files in cited().items() if any(file.startswith("credserv") for file in files)
    }
    assert {number for number in guarded if not rows().get(number)} == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(attack 8)", {"8"}),
        ("attacks 1 to 3 and 12.", {"1", "2", "3", "12"}),
        ("attacks 17, 18, 27 and 28", {"17", "18", "27", "28"}),
        ("see attack W13", {"W13"}),
        ("def test_attack_84_85_a_presentation_for_others", {"84", "85"}),
        ("def test_attack_04_null_member", {"4"}),
        ("def test_found_m1_f9a_no_digest()", {"M1", "F9a"}),
        ("def test_o4_a_hangup()", {"O4"}),
        ("def test_of_a_thing(), attack of 12", set()),
    ],
)
def test_citations_are_read(text: str, found: set[str]) -> None:
    assert numbers_in(text) == found
