"""Reports as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from credserv.ground import spreadsheets

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


def build_csv(reports: Iterable[Mapping[str, Any]]) -> str:
    """Return a header and a line for each report. `issuer_name` is as proven, never the issuer's own word."""
    return spreadsheets.build_csv(COLUMNS, map(_row, reports))


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
