"""The first organisation, for tests of the store alone."""

from __future__ import annotations

from credserv.records.organisations import OrganisationRecord

MAIN_ORGANISATION = OrganisationRecord(
    "did:web:badges.example", {"name": "Example Academy"}, name="Example Academy"
)
