"""One file per LMS dialect, each turning a payload into a Completion; and the rules over completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from credserv.ground.json_types import JsonObject
from credserv.sources import generic
from credserv.sources.completion import Completion


@dataclass(frozen=True)
class Dialect:
    """read_type: the sender's word for what happened, whatever else there is.

    parse raises SchemaFaultsError.
    """

    read_type: Callable[[JsonObject], str]
    parse: Callable[[JsonObject], Completion]


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "generic": Dialect(generic.read_type, generic.parse_event),
    }
)
