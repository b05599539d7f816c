"""The console's second room: its areas have a file each beside this one."""

from __future__ import annotations

from flask import Blueprint

from credserv.web.frame.console_doors import name_rooms
from credserv.web.frame.rendering import install

blueprint = Blueprint("teach", __name__, url_prefix="/console")
blueprint.record_once(install)
blueprint.context_processor(name_rooms)
