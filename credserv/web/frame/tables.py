"""Lists of the console as spreadsheet files."""

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
    """Return all pages of the result, sent while they are read; the audit trail records the download.

    Cells are as `to_cell` takes them.
    """
    lines = csv_lines(columns, ([to_cell(one) for one in row] for row in rows))
    saved = note_saved(services(), name, lines, actor=actor(), now=now())
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(saved, mimetype="text/csv", headers=headers)


def to_cell(value: object) -> str:
    """Return a cell: empty for None, UTC for an instant, several values separated by semicolons."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, tuple | list):
        return "; ".join(map(to_cell, value))
    return str(value)
