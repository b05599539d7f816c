"""SCIM 2.0 for one organisation's directory, under `/scim/v2`."""

from __future__ import annotations

from flask import Blueprint
from pydantic import ValidationError
from scim2_models import SCIMException
from werkzeug.exceptions import HTTPException

from credserv.ground.errors import CredservError
from credserv.web.scim import answers, discovery, groups, users

bp = Blueprint("scim", __name__, url_prefix="/scim/v2")
for _area in (users, groups, discovery):
    bp.register_blueprint(_area.bp)
bp.register_error_handler(CredservError, answers.refuse)
bp.register_error_handler(HTTPException, answers.refuse_http)
bp.register_error_handler(ValidationError, answers.refuse_model)
bp.register_error_handler(SCIMException, answers.refuse_scim)
