"""Reports as a table: every cell is text, whatever a credential says."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.journeys.check.reports.report import build_unread_report
from credserv.journeys.check.reports.report_csv import COLUMNS, build_csv
from tests.testkit.proofs import NOW


def report(**changed: Any) -> dict[str, Any]:
    return {"input": "badge.json", **build_unread_report(InputError("it is nothing"), now=NOW), **changed}


def rows(*reports: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(build_csv(reports), newline="")))


def test_a_line_for_each_under_a_header() -> None:
    check = {"name": "proof", "outcome": "failed"}
    other = {"name": "status", "outcome": "unknown"}
    policy = {"name": "recipient", "outcome": "failed"}
    named = {"id": "urn:1", "name": 'A "quoted", name\nof two lines'}
    issuer = {"id": "did:key:z6Mk", "name": "", "claimed_name": "Example Academy"}
    found = rows(report(checks=[check, other], policy=[policy], credential=named, issuer=issuer), report())
    assert tuple(found[0]) == COLUMNS
    assert [row["input"] for row in found] == ["badge.json", "badge.json"]
    assert found[0]["credential_name"] == named["name"]
    assert found[0]["failed_checks"] == "proof recipient"
    assert (found[0]["issuer_id"], found[0]["issuer_name"]) == ("did:key:z6Mk", "")
    assert found[1]["failed_checks"] == "parse"
    assert found[1]["verdict"] == "not_verified"
    assert found[1]["checked_at"] == "2026-03-14T09:26:53Z"


@pytest.mark.parametrize(
    "hostile",
    [
        '=HYPERLINK("https://evil.example","ok")',
        "+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\ufeff=1",
        "＝1",
        "\x00=1",
    ],
)
def test_attack_109_a_formula_is_text(hostile: str) -> None:
    made = report(input=hostile, credential={"id": hostile, "name": hostile}, sentence=hostile)
    (found,) = rows(made)
    for column in ("input", "credential_id", "credential_name", "sentence"):
        assert found[column].startswith("'"), found[column]
        assert "\x00" not in found[column]


def test_attack_109_what_is_no_formula_stays_as_it_is() -> None:
    (found,) = rows(report(input="a=b, c-d @ e"))
    assert found["input"] == "a=b, c-d @ e"
