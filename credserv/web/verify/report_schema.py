"""The published schemas: bundled files, served unchanged; `api_docs` adds that of results to OpenAPI."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request

from credserv.ground.errors import SettingsError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json, parse_json_object
from credserv.journeys.check.reports.report import SCHEMA
from credserv.web.frame.door import door

bp = Blueprint("schemas", __name__)

_NAME = "credserv.published_schemas"
# Below /schemas.
PUBLISHED = ("verification-result.json", "trusted-issuers.json", "mastery-rule.json", "programme.json")
REPORT = "VerificationResult"
_COMPONENTS = "#/components/schemas/"


def install_schemas(app: Flask, schemas_dir: Path) -> None:
    """Read what is published, once. Raises SettingsError."""
    app.extensions[_NAME] = {f"/schemas/{name}": read_schema(schemas_dir, name) for name in PUBLISHED}
    app.register_blueprint(bp)


def schema_of_reports(app: Flask) -> bytes:
    content: bytes = app.extensions[_NAME][SCHEMA]
    return content


@bp.route(SCHEMA)
@bp.route("/schemas/trusted-issuers.json")
@bp.route("/schemas/mastery-rule.json")
@bp.route("/schemas/programme.json")
@door(machine=True, any_site=True, cache="public, max-age=300")
def published_schema() -> Response:
    """Return the JSON Schema of verification results, lists of trusted issuers, rules or programmes, as
    bundled."""
    response = Response(current_app.extensions[_NAME][request.path], mimetype="application/schema+json")
    response.add_etag()
    response.make_conditional(request)
    return response


def read_schema(schemas_dir: Path, name: str) -> bytes:
    """Return one of PUBLISHED. Raises SettingsError unless it is the file that MANIFEST.json names."""
    file = f"credserv/{name}"
    try:
        content = (schemas_dir / file).read_bytes()
        entries = parse_json((schemas_dir / "MANIFEST.json").read_bytes())
    except OSError as error:
        raise SettingsError(f"cannot read {schemas_dir / file}: {error.strerror}") from error
    known = [entry["sha256"] for entry in entries if entry["path"] == file]
    if known != [hashlib.sha256(content).hexdigest()]:
        raise SettingsError(f"schemas/{file} is not the file that MANIFEST.json names")
    return content


def build_components(content: bytes) -> Mapping[str, JsonObject]:
    """Return the same as components of an OpenAPI 3.1 document, by name, which are JSON Schema 2020-12
    too."""
    schema = parse_json_object(content)
    parts: dict[str, JsonObject] = schema.pop("$defs")
    names = {f"#/$defs/{key}": part["title"] for key, part in parts.items()} | {"#": REPORT}
    whole = {name: value for name, value in schema.items() if name not in ("$schema", "$id")}
    return {str(item["title"]): _led_to(item, names) for item in (whole, *parts.values())}


def _led_to(value: Any, names: Mapping[str, str]) -> Any:
    """Return `value` with references changed to the components."""
    if isinstance(value, dict):
        return {
            key: _COMPONENTS + names[below] if key == "$ref" else _led_to(below, names)
            for key, below in value.items()
        }
    return [_led_to(below, names) for below in value] if isinstance(value, list) else value
