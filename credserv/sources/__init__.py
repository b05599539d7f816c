"""One file per LMS dialect, each turning a payload into a Completion; and the rules over completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from credserv.ground.json_types import JsonObject
from credserv.sources import generic
from credserv.sources.completion import Completion

DIALECTS: Mapping[str, Callable[[JsonObject], Completion]] = MappingProxyType(
    {
        "generic": generic.parse_event,
    }
)
"""The name of a source's dialect, and what reads its payload (raises SchemaFaultsError)."""
