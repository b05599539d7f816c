"""What the API takes for a number."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from credserv.web.frame.shapes import Number


@pytest.mark.parametrize("value", [0, 1, 1.5, -7])
def test_a_number_is_read(value: float) -> None:
    assert Number().deserialize(value) == value


@pytest.mark.parametrize("value", [True, "1", [1], 10**400, -(10**400)], ids=lambda value: str(value)[:9])
def test_what_is_no_number_or_too_large_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Number().deserialize(value)
