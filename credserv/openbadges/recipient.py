"""Find out whom a subject names: by its id, or by identifiers that may be salted hashes.

Open Badges 3.0, section 9.3, and the models of `AchievementSubject`, `IdentityObject` and `IdentityHash`. The
standard hashes an identifier as written. Issuers write one e-mail address in several ways (case, composed or
decomposed letters, a domain as letters or as an A-label), so each way is tried.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from credserv.ground.json_types import JsonObject
from credserv.ground.names import email_spellings, may_be_email
from credserv.openbadges.data_model import listed

EMAIL = "emailAddress"
_MAILTO = "mailto:"
_HASH = re.compile(r"(md5|sha256)\$([0-9a-fA-F]{32}|[0-9a-fA-F]{64})", re.ASCII)


def names(subject: JsonObject, known: str) -> bool | None:
    """Return whether a subject is `known`: an e-mail address, a DID or other URL, or another identifier.

    None where it says nothing comparable. Names are not compared, because many people share one.
    """
    made = [verdict for verdict in _comparisons(subject, known) if verdict is not None]
    return any(made) if made else None


def names_two_addresses(subject: JsonObject) -> bool:
    """Return whether its id is one e-mail address and its identifiers visibly are of others."""
    identifier = subject.get("id")
    if not isinstance(identifier, str) or not identifier.startswith(_MAILTO) or "identifier" not in subject:
        return False
    address = identifier.removeprefix(_MAILTO)
    made = [_compare(item, email_spellings(address)) for item in _identifiers(subject, (EMAIL,))]
    return False in made and True not in made


def _comparisons(subject: JsonObject, known: str) -> list[bool | None]:
    identifier = subject.get("id")
    if may_be_email(known):
        tried = email_spellings(known)
        by_id = None
        if isinstance(identifier, str) and identifier.startswith(_MAILTO):
            by_id = not set(email_spellings(unquote(identifier.removeprefix(_MAILTO)))).isdisjoint(tried)
        return [by_id, *(_compare(item, tried) for item in _identifiers(subject, (EMAIL,)))]
    by_id = identifier == known if isinstance(identifier, str) and ":" in known else None
    others = [_compare(item, (known,)) for item in _identifiers(subject, ())]
    # An identifier of another type counts if it matches, and never counts against.
    against = None if ":" in known else False
    return [by_id, *(verdict or (against if verdict is False else None) for verdict in others)]


def _identifiers(subject: JsonObject, kinds: Sequence[str]) -> list[JsonObject]:
    """Return the identifiers of these types; without types given, all but addresses and names."""
    found = [item for item in listed(subject.get("identifier")) if isinstance(item, Mapping)]
    return [
        item
        for item in found
        if (item.get("identityType") in kinds if kinds else item.get("identityType") not in (EMAIL, "name"))
    ]


def _compare(identity: JsonObject, tried: Sequence[str]) -> bool | None:
    """Compare as in section 9.3, in constant time: the value is a secret of the person."""
    stated, hashed = identity.get("identityHash"), identity.get("hashed")
    if not isinstance(stated, str) or not isinstance(hashed, bool):
        return None
    if not hashed:
        written = email_spellings(stated) if identity.get("identityType") == EMAIL else (stated,)
        return any(_same(text, written[0]) for text in tried)
    salt, found = identity.get("salt", ""), _HASH.fullmatch(stated)
    if found is None or not isinstance(salt, str):
        return None
    return any(_same(_digest(found[1], text + salt), found[2].lower()) for text in tried)


def _digest(algorithm: str, text: str) -> str:
    return hashlib.new(algorithm, text.encode(errors="replace"), usedforsecurity=False).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))
