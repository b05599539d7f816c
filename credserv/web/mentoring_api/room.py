"""The areas of the API of accreditation: each has a file beside this one, in the order of the document."""

from __future__ import annotations

from flask import Blueprint

from credserv.web.mentoring_api import (
    members,
    sessions,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    members.bp,
    sessions.bp,
)
