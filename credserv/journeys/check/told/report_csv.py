"""Reports as a table for spreadsheets (RFC 4180), in which nothing is a formula (attack 109)."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = (
    "input",
    "kind",
    "verdict",
    "sentence",
    "credential_name",
    "credential_id",
    "issuer_name",
    "issuer_id",
    "checked_at",
    "failed_checks",
)
_FORMULA = frozenset("=+-@")  # also in full width, and behind what a spreadsheet may pass over
_CONTROL = ("\t", "\r", "\n")


def build_csv(reports: Iterable[Mapping[str, Any]]) -> str:
    """A header and a line for each report. `issuer_name` is what was proven, never the issuer's own word."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([_neutral(cell) for cell in _row(report)] for report in reports)
    return written.getvalue()


def _row(report: Mapping[str, Any]) -> tuple[str, ...]:
    checks = (*report["checks"], *report["policy"])
    return (
        report.get("input", ""),
        report["kind"],
        report["verdict"],
        report["sentence"],
        report["credential"]["name"],
        report["credential"]["id"],
        report["issuer"]["name"],
        report["issuer"]["id"],
        report["checked_at"],
        " ".join(made["name"] for made in checks if made["outcome"] == "failed"),
    )


def _neutral(cell: str) -> str:
    """`cell` as text: an apostrophe before what would be a formula; no NUL, which ends cells for some."""
    cell = cell.replace("\x00", "")
    first = next((char for char in cell if unicodedata.category(char)[0] not in "ZC"), "")
    hostile = cell.startswith(_CONTROL) or unicodedata.normalize("NFKC", first) in _FORMULA
    return f"'{cell}" if hostile else cell
