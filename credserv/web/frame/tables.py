"""Lists of the console as files for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import Response

from credserv.ground.encoding import format_instant
from credserv.ground.spreadsheets import csv_lines
from credserv.journeys.operate.trail import note_saved
from credserv.web.frame.context import now, services
from credserv.web.frame.sessions import actor


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """All pages of what was asked for, sent as they are read; the audit trail says who took them along. Cells
    are as `to_cell` takes them."""
    note_saved(services(), name, actor=actor(), now=now())
    lines = csv_lines(columns, ([to_cell(one) for one in row] for row in rows))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(lines, mimetype="text/csv", headers=headers)


def to_cell(value: object) -> str:
    """None is empty, an instant is in UTC, of several values each stands behind a semicolon."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, tuple | list):
        return "; ".join(map(to_cell, value))
    return str(value)
