"""The names of media types, of tokens and of what they hold."""

from __future__ import annotations

import re

_PREFIX = "application/"
# In the drafts of VC-JOSE-COSE: vc+ld+json+jwt, then vc+ld+jwt, then vc-ld+jwt; so for each kind and form.
_former = re.compile(r"(v[cp])(?:\+ld\+json|\+ld|-ld)\+(jwt|sd-jwt|cose)", re.ASCII).fullmatch


def media_type(value: str) -> str:
    """Return one spelling of each type: case does not matter (RFC 2045, section 5.1), and `application/`
    is optional (RFC 7515, sections 4.1.9 and 4.1.10)."""
    return value.lower().removeprefix(_PREFIX)


def token_type(value: str) -> str:
    """Return one spelling of the type of each token: its name in the standard for those in drafts."""
    named = media_type(value)
    found = _former(named)
    return named if found is None else "+".join(found.groups())
