"""Every dialect of sources, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from credserv.sources import caliper, canvas, csv_files, generic, lti, moodle, openedx, xapi
from credserv.sources.adapter import Adapter

_ALL = (generic, xapi, canvas, moodle, openedx, caliper, lti, csv_files)
ADAPTERS: Mapping[str, Adapter] = MappingProxyType({one.ADAPTER.name: one.ADAPTER for one in _ALL})
