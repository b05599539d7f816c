"""Read what API clients submit for verification: JSON, the file itself, or a form with files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import json, request
from werkzeug.exceptions import UnsupportedMediaType

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.ground.strict_json import MAX_DEPTH, MAX_MEMBERS, parse_json, parse_json_object
from credserv.journeys.check.check import Question
from credserv.journeys.check.many import MAX_INPUTS, Submitted
from credserv.web.frame.context import services
from credserv.web.frame.limits import MAX_BATCH_BYTES, body_bytes
from credserv.web.frame.problems import flatten_messages
from credserv.web.frame.shapes import Payload
from credserv.web.verify import shapes as payloads

JSON_TYPES = ("application/json", "application/vc", "application/vc+ld+json", "application/ld+json")
FILE_TYPES = (
    "image/png",
    "image/svg+xml",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "application/pdf",
    "text/plain",
    "application/vc+jwt",
    "application/vc+sd-jwt",
    "application/vp+jwt",
    "application/jwt",
)
FORM = "multipart/form-data"
_ONE, _MANY, _ITEM = payloads.VerifyPayload(), payloads.VerifyBatchPayload(), payloads.VerifyItemPayload()
_QUESTION = payloads.VerifyQuestionPayload()
_ASKED = ("recipient", "challenge", "domain", "organisation")
MAX_PARTS = MAX_INPUTS + len(_ASKED) + 1  # of a form


def read_one() -> Submitted:
    """Read one, of any form. Raises InputError, and UnsupportedMediaType for an unsupported type."""
    if request.mimetype == FORM:
        found = _read_form()
        if len(found) != 1:
            raise InputError("send one `file`; several go to /api/v1/verify/batch")
        return found[0]
    if request.mimetype in FILE_TYPES:
        return Submitted(data=body_bytes())
    if request.mimetype not in JSON_TYPES:
        raise UnsupportedMediaType(f"Send one of {', '.join((*JSON_TYPES, *FILE_TYPES, FORM))}.")
    body = body_bytes()
    document = parse_json_object(body, max_bytes=services().max_document_bytes)
    if "@context" in document or request.mimetype != "application/json":
        return Submitted(data=body)
    return _read_item(document, _ONE, is_whole=True)


def read_several() -> tuple[Submitted, ...]:
    """Read `{"items": [...]}`, or a form with several files. A faulty item comes with its fault."""
    if request.mimetype == FORM:
        return _read_form()
    if request.mimetype != "application/json":
        raise UnsupportedMediaType(f"Send application/json or {FORM}.")
    document = parse_json(
        body_bytes(),
        max_bytes=MAX_BATCH_BYTES,
        max_depth=MAX_DEPTH + 2,  # for `items` and the item
        max_members=MAX_INPUTS * MAX_MEMBERS,
    )
    _require(_MANY, document)
    return tuple(_read_safely(item) for item in document["items"])


def _read_safely(item: Any) -> Submitted:
    try:
        return _read_item(item, _ITEM)
    except InputError as error:
        named = item.get("id") if isinstance(item, dict) else None
        return Submitted(name=named if isinstance(named, str) else "", fault=error)


def _read_item(item: Any, shape: payloads.VerifyPayload, *, is_whole: bool = False) -> Submitted:
    """Read an item. `is_whole`: already read within the limits of one document, so it needs no second
    reading."""
    if not is_whole or not _is_plain(item):
        _require(shape, item)
    asked = Question(**{name: item[name] for name in _ASKED if name in item})
    name, presented = item.get("id", ""), "presentation" in item
    if "url" in item:
        return Submitted(name, url=item["url"], question=asked)
    given = item["presentation" if presented else "credential"]
    if is_whole and isinstance(given, dict) and not presented:
        return Submitted(name, document=given, question=asked)
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return Submitted(name, data=text.encode(), question=asked, presentation=presented)


def read_item(item: Any, name: str, question: Question) -> Submitted:
    """Read one as `/api/v1/verify` does, with a question for all. Raises SchemaFaultsError."""
    given = _read_item(item, _ITEM)
    return replace(given, name=given.name or name, question=question)


def _is_plain(item: Any) -> bool:
    """Return whether it is a credential as an object without further questions, which needs no schema."""
    return item.keys() == {"credential"} and type(item["credential"]) is dict


def _read_form() -> tuple[Submitted, ...]:
    """Return the form's files, each under its own name; the other fields apply to all."""
    files = request.files.getlist("file")
    asked = request.form.to_dict()
    faults = flatten_messages(_QUESTION.validate(asked))
    if not files or len(files) > MAX_INPUTS or set(request.files) != {"file"} or faults:
        raise SchemaFaultsError(f"Send 1 to {MAX_INPUTS} files, each as `file`.", faults=faults)
    question = Question(**asked)
    return tuple(Submitted(file.filename or "", data=file.read(), question=question) for file in files)


def _require(shape: Payload, value: Any) -> None:
    faults = flatten_messages(shape.validate(value))
    if faults:
        raise SchemaFaultsError("This is not what can be verified.", faults=faults)
