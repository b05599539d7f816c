"""Status List 2021, the predecessor of Bitstring Status List, for the credentials that still use it.

Source: the report of the W3C Credentials Community Group of 2 January 2023. Its types have other names; its
list is base64 without a multibase prefix, in either alphabet. Implementations also write the index as a JSON
number where the report requires text; both are read.
"""

from __future__ import annotations

from credserv.ground.errors import StatusError
from credserv.ground.json_types import JsonObject
from credserv.status.bitstring import ListKind, StatusEntry, parse_index, purpose_and_list, strings

STATUS_LIST_2021 = ListKind(
    "Status List 2021, Validate Algorithm",
    "StatusList2021Entry",
    "StatusList2021Credential",
    "StatusList2021",
)


def parse_entry_2021(entry: JsonObject) -> StatusEntry:
    """Parse an entry. Raises StatusError for anything two verifiers could read differently."""
    if STATUS_LIST_2021.entry not in strings(entry.get("type")):
        raise StatusError(f"the status entry is not a {STATUS_LIST_2021.entry}")
    purpose, url = purpose_and_list(entry)
    return StatusEntry(url, parse_index(entry.get("statusListIndex")), purpose, kind=STATUS_LIST_2021)
