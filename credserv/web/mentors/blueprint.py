"""The pages of who mentors and who looks for a mentor: they stand under the others of mentoring."""

from __future__ import annotations

from flask import Blueprint

from credserv.web.mentors import find, offer, sessions

AREAS: tuple[Blueprint, ...] = (find.blueprint, offer.blueprint, sessions.blueprint)
