"""The shapes of the API's requests and responses: shape only, no database. OpenAPI is generated from them.

A member that a shape does not name is a fault (attack 102); every fault is reported with its place.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError, fields, validate

from credserv.ground.encoding import format_instant, parse_day, parse_instant
from credserv.ground.errors import InputError

# The same wherever a response contains a credential (docs/administrator.md, The words of the API).
CREDENTIAL_URL = {"description": "The credential's public URL, which is also its `id`."}
WHAT_BECAME = {"description": "What became of the event."}
FORMER_URL = {"description": "The former name of `credential_url`.", "deprecated": True}
FORMER_ITEMS = {"description": "The former name of `items`.", "deprecated": True}


class Payload(ma.Schema):
    class Meta:
        unknown = ma.RAISE


class Instant(fields.Field[datetime]):
    """A date and time with its zone, as in 2026-11-21T09:00:00Z."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise ValidationError("Not a date and time in text.")
        try:
            return parse_instant(value)
        except InputError as error:
            raise ValidationError(error.detail) from error

    def _serialize(self, value: datetime | None, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else format_instant(value)


class Flag(fields.Boolean):
    """true or false, and nothing that only represents one."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Neither true nor false.")
        return value


class Number(fields.Field[float]):
    """A number, not a text that contains one."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("Not a number.")
        try:
            return float(value)
        except OverflowError:
            raise ValidationError("Too large a number.") from None


class Day(fields.Date):
    """A day that every time zone can tell."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> date:
        try:
            return parse_day(str(value))
        except InputError as error:
            raise ValidationError("Not a day, as in 2027-03-01.") from error


class ListOrOne(fields.Field[list[dict[str, Any]]]):
    """An object, or a list of objects."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[dict[str, Any]]:
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(item, dict) for item in items):
            raise ValidationError("Neither an object nor a list of objects.")
        return items


class ObjectOrText(fields.Field[Any]):
    """A JSON object, or text (a compact JWS)."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, dict | str):
            raise ValidationError("Neither an object nor text.")
        return value


def text(most: int, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(min=1, max=most), **options)


class FaultAnswer(Payload):
    place = fields.String(required=True, metadata={"description": "A JSON Pointer (RFC 6901)."})
    message = fields.String(required=True)


class ProblemAnswer(Payload):
    """RFC 9457."""

    type = fields.Url(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    instance = fields.String(required=True)
    faults = fields.List(fields.Nested(FaultAnswer))
