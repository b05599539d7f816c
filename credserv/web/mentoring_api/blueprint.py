"""The areas of the accreditation API: each has a file in this folder, in the order of the document."""

from __future__ import annotations

from flask import Blueprint

from credserv.web.mentoring_api import (
    accreditations,
    applications,
    cohorts,
    consents,
    endorsements,
    members,
    planning,
    practice,
    programmes,
    sessions,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    members.bp,
    programmes.bp,
    applications.bp,
    accreditations.bp,
    endorsements.bp,
    practice.bp,
    consents.bp,
    sessions.bp,
    cohorts.bp,
    planning.bp,
)
