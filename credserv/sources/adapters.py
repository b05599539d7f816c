"""Every dialect that a source may speak, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from credserv.sources import lti, xapi
from credserv.sources.adapter import Adapter

ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {adapter.name: adapter for adapter in (xapi.ADAPTER, lti.ADAPTER)}
)
