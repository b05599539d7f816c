"""Every dialect that a source may speak, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from credserv.sources import xapi
from credserv.sources.adapter import Adapter

ADAPTERS: Mapping[str, Adapter] = MappingProxyType({xapi.ADAPTER.name: xapi.ADAPTER})
