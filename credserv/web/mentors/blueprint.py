"""The pages of people who mentor and who look for a mentor: below those of mentoring."""

from __future__ import annotations

from flask import Blueprint

from credserv.web.mentors import find, offer, sessions

AREAS: tuple[Blueprint, ...] = (find.blueprint, offer.blueprint, sessions.blueprint)
