"""A store with an achievement to issue and a source to hear from."""

from __future__ import annotations

from datetime import datetime

import pytest

from credserv.store.store import Store
from tests.unit.store.samples import image, source, version


@pytest.fixture
def filled(store: Store, now: datetime) -> Store:
    store.achievements.add(version(now), [image()])
    store.sources.create(source(now))
    return store
