"""Replace the people in a message by pseudonyms: the events stay, the people stay distinct but unknown.

Addresses become others that lead nowhere, wherever they are. In an object about a person, names, DIDs,
accounts and hashes of addresses become codes, and contact details and pictures are removed. Text that people
wrote is removed everywhere. Under one key the same person has the same pseudonym in every message. A learning
system's own ids of people stay, because only that system knows whose they are.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from credserv.ground.names import DID_IN_TEXT, EMAIL_IN_TEXT
from credserv.ground.strict_json import parse_json

DOMAIN = "sandbox.invalid"  # RFC 2606: no mail ever arrives there
_CODE_CHARS = 12
# Members, by their names in lower case letters only. Some always name a person; others do so in an object
# about a person, and elsewhere name a course.
_PERSONS = """actor agent learner student user person people member members recipient instructor teacher
    assessor mentor author authority team relateduser assignee submitter grader profile awardee issuedto"""
_CALLED = """firstname lastname givenname familyname middlename sortablename preferredname username userlogin
    login loginid preferredusername screenname accountname mboxsha1sum emailsha1 personsourcedid"""
_ALSO_CALLED = "name fullname displayname nickname shortname account"
_REACHED = """phone phonenumber telephone mobile address street birthdate dateofbirth avatar avatarurl picture
    photo gender pronouns"""
_SAID = "response comment comments feedback remark submissioncomment essay"
_PEOPLE, _NAMES, _IN_PERSON, _GONE, _WRITTEN = (
    frozenset(words.split()) for words in (_PERSONS, _CALLED, _ALSO_CALLED, _REACHED, _SAID)
)
_OF_SOMEBODY = _NAMES | {"email", "emailaddress", "mbox"}


class Pseudonyms:
    """Pseudonyms under the key of one sandbox, which nobody there knows."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hide(self, body: bytes) -> bytes:
        """Return the message with pseudonyms.

        Raises InputError if it is not JSON, because it cannot be searched.
        """
        hidden = self._value(parse_json(body), about_person=False)
        return json.dumps(hidden, ensure_ascii=False, separators=(",", ":")).encode()

    def _value(self, value: Any, *, about_person: bool) -> Any:
        if isinstance(value, Mapping):
            person = about_person or _names_somebody(value)
            return {self._text(name): self._member(name, one, person) for name, one in value.items()}
        if isinstance(value, list):
            return [self._value(one, about_person=about_person) for one in value]
        if not isinstance(value, str):
            return value
        return self._text(self._dids(value) if about_person else value)

    def _member(self, name: str, value: Any, person: bool) -> Any:
        plain = _plain(name)
        if isinstance(value, str):
            if (person and plain in _GONE) or plain in _WRITTEN:
                return ""
            if (plain in _NAMES or (person and plain in _IN_PERSON)) and not EMAIL_IN_TEXT.search(value):
                return self._name(plain, value)
        return self._value(value, about_person=person or plain in _PEOPLE)

    def _name(self, plain: str, value: str) -> str:
        code = self._code(value)
        if plain in ("mboxsha1sum", "emailsha1"):
            return hmac.new(self._key, value.lower().encode(), hashlib.sha1).hexdigest()
        return f"Person {code}" if "name" in plain and "user" not in plain else code

    def _text(self, text: str) -> str:
        return EMAIL_IN_TEXT.sub(lambda found: f"p{self._code(found[0])}@{DOMAIN}", text)

    def _dids(self, text: str) -> str:
        return DID_IN_TEXT.sub(lambda found: f"did:web:{DOMAIN}:people:{self._code(found[0])}", text)

    def _code(self, value: str) -> str:
        return hmac.new(self._key, value.strip().lower().encode(), hashlib.sha256).hexdigest()[:_CODE_CHARS]


def _names_somebody(value: Mapping[str, Any]) -> bool:
    """Return whether an object is about a person, by its members."""
    kind = value.get("type") or value.get("objectType")
    return kind in ("Person", "Agent") or any(_plain(name) in _OF_SOMEBODY for name in value)


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
