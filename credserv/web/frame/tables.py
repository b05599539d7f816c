"""Lists of the console as files for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response

from credserv.ground.spreadsheets import csv_lines
from credserv.journeys.operate.trail import note_saved
from credserv.web.frame.context import now, services
from credserv.web.frame.sessions import actor


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """All pages of what was asked for, sent as they are read; the audit trail says who took them along. None
    is an empty cell."""
    note_saved(services(), name, actor=actor(), now=now())
    lines = csv_lines(columns, ([_cell(one) for one in row] for row in rows))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(lines, mimetype="text/csv", headers=headers)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
