"""Names that people and systems give: short names (slugs), e-mail addresses, DIDs, and names of people.

One rule for each, wherever such a name is accepted, compared or shown.

An e-mail address has one normal form: NFC, compared without case, with its domain as in IDNA 2008 (RFC 5891,
which distinguishes `faß.example` from `fass.example`), as letters (U-labels). Nothing is mapped to something
else: what IDNA does not allow is refused, because a changed letter names another domain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import idna

from credserv.ground.errors import InputError

MAX_EMAIL_CHARS = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
MAX_NAME_CHARS = 80
SLUG_RULE = "a to z, 0 to 9, and - within; at most 64 characters"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_FRAGMENT = re.compile(r"#[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_DID = re.compile(r"did:[a-z0-9]{1,32}:[A-Za-z0-9._:%-]{1,2000}", re.ASCII)  # DID Core 1.0, section 3.1
# What mail systems really use: no quoted local parts (RFC 5321, section 4.1.2), no comments, no lists. An
# address that could split a mail header, or be read as several, is refused.
_LOCAL_PART = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}")
_MEANT_AS_EMAIL = re.compile(r"[^\s@:/]{1,64}@[^\s@:/]{1,255}")
# In somebody else's text, where one may be anywhere.
EMAIL_IN_TEXT = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
DID_IN_TEXT = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%#?=&/-]+")  # with path, query and fragment
_LDH_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_MAX_DOMAIN_CHARS = 253
# Nearly every address; nothing in it has another form.
_LABEL = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_USUAL_EMAIL = re.compile(rf"([A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}})@((?:{_LABEL}\.)*{_LABEL})", re.ASCII)
# Persian and Indic names and many emoji need these; all other format characters (Cf) are invisible in a name,
# or reverse the text around it (UAX #9, section 2).
_JOINERS = frozenset("\u200c\u200d")
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


@dataclass(frozen=True)
class EmailAddress:
    """An e-mail address.

    Attributes:
        local: in NFC, with its case as given.
        domain: in U-labels.
        ascii_domain: the same in A-labels.
    """

    local: str
    domain: str
    ascii_domain: str

    def __str__(self) -> str:
        """Return the address as people write it; mail carries the domain in A-labels."""
        return f"{self.local}@{self.domain}"

    @property
    def normal(self) -> str:
        """What two spellings of one address have in common.

        RFC 5321, section 2.4, allows a mail server to distinguish `Ann@` from `ann@`; none in practice does,
        and people write their own address both ways.
        """
        return f"{fold(self.local)}@{self.domain}"


# --- short names --------------------------------------------------------------------------------


def is_slug(text: str) -> bool:
    """Return whether this is a short name: of an achievement, a source, an organisation."""
    return _SLUG.fullmatch(text) is not None


def is_fragment(text: str) -> bool:
    """Return whether this names a part of an achievement: `#mastery`."""
    return _FRAGMENT.fullmatch(text) is not None


def is_did(text: str) -> bool:
    return _DID.fullmatch(text) is not None


# --- e-mail addresses ---------------------------------------------------------------------------


@lru_cache(maxsize=4_096)  # each order parses one address several times
def parse_email(text: str) -> EmailAddress:
    """Parse one plain address: no display name, comment, quoting or list.

    Raises InputError, which does not repeat the address.
    """
    usual = _USUAL_EMAIL.fullmatch(text) if len(text) <= MAX_EMAIL_CHARS else None
    if usual is not None and len(usual[2]) <= _MAX_DOMAIN_CHARS:
        return EmailAddress(usual[1], usual[2], usual[2])
    local, _, domain = text.partition("@")
    if len(text) > MAX_EMAIL_CHARS or _LOCAL_PART.fullmatch(local) is None or has_unseen(local):
        raise InputError("this is not one plain e-mail address")
    labels = [_parse_label(label) for label in domain.split(".")]
    ascii_domain = ".".join(ascii_label for _, ascii_label in labels)
    if len(ascii_domain) > _MAX_DOMAIN_CHARS:
        raise InputError("the domain of this e-mail address is too long")
    shown = ".".join(label for label, _ in labels)
    return EmailAddress(unicodedata.normalize("NFC", local), shown, ascii_domain)


def names_email(text: str) -> bool:
    """Return whether a text contains something meant as an e-mail address."""
    return _MEANT_AS_EMAIL.search(text) is not None


def is_email(text: str) -> bool:
    try:
        parse_email(text)
    except InputError:
        return False
    return True


def may_be_email(text: str) -> bool:
    """Return whether it is meant as one: others have hashed addresses that no mail system accepts."""
    return _MEANT_AS_EMAIL.fullmatch(text) is not None


def normalise_email(text: str) -> str:
    """Return the normal form, for comparison and hashing. Raises InputError."""
    return parse_email(text.strip()).normal


def email_spellings(text: str) -> tuple[str, ...]:
    """Return what an issuer may have written, or hashed, for an address that somebody types here.

    The normal form comes first; then as typed, in lower case, composed and decomposed (as macOS types marks),
    and with the domain as letters or as an A-label.
    """
    typed = text.strip()
    return tuple(dict.fromkeys(spelling for spelling in _spell(typed)))


def fold(text: str) -> str:
    """Return a text as searches compare it: lower case, NFC (attack 40)."""
    if text.isascii():  # already NFC
        return text.lower()
    lowered = unicodedata.normalize("NFC", text).lower()
    return unicodedata.normalize("NFC", lowered)


def _spell(typed: str) -> Iterator[str]:
    try:
        address = parse_email(typed)
    except InputError:
        yield from (typed, fold(typed))
        return
    yield address.normal
    yield typed
    given_local, _, given_domain = typed.partition("@")
    domains = {given_domain, given_domain.lower(), address.domain, address.ascii_domain}
    domains.add(unicodedata.normalize("NFD", address.domain))
    small = fold(address.local)
    cases = (small.title(), small.capitalize(), small.upper())
    # `ß` has no single capital letter: `STRASSE@` may be somebody else.
    yield from (f"{local}@{address.domain}" for local in cases if fold(local) == small)
    yield from (address.normal.upper(),) if address.normal.isascii() else ()
    locals_ = {given_local, address.local, unicodedata.normalize("NFD", address.local)}
    for local in sorted(locals_ | {one.lower() for one in locals_}):
        for domain in sorted(domains):
            yield f"{local}@{domain}"
    yield fold(typed)


def _parse_label(label: str) -> tuple[str, str]:
    """Return one label of a domain as U-label and A-label (RFC 5890, 2.3.2.1); equal for plain ASCII."""
    # Letter by letter: no letter depends on its neighbours (a capital sigma does not become a final one).
    lowered = unicodedata.normalize("NFC", "".join(letter.lower() for letter in label))
    try:
        if not lowered.isascii():
            return lowered, idna.alabel(lowered).decode("ascii")
        if lowered.startswith("xn--"):
            return idna.ulabel(lowered), lowered
    except idna.IDNAError as error:
        raise InputError("the domain of this e-mail address is not one that IDNA 2008 allows") from error
    if _LDH_LABEL.fullmatch(lowered) is None:
        raise InputError("this is not one plain e-mail address")
    return lowered, lowered


# --- names of people ----------------------------------------------------------------------------


def require_chosen_name(text: str) -> str:
    """Return what somebody wants to be called, without blanks around it. Raises InputError."""
    name = text.strip()
    if not 0 < len(name) <= MAX_NAME_CHARS:
        raise InputError(f"a name has 1 to {MAX_NAME_CHARS} characters")
    if has_unseen(name):
        raise InputError("a name has only characters that can be seen")
    return name


def one_line(text: str) -> str:
    """Return `text` without characters that hide or reverse text, and with a space for each line break."""
    return "".join(_on_one_line(letter) for letter in text)


def cut(text: str, max_chars: int) -> str:
    """Return the first characters, never half of one that consists of several (UAX #29: marks, joiners,
    flags)."""
    end = max_chars
    while 0 < end < len(text) and _is_within(text, end):
        end -= 1
    return text[: end or max_chars]


def has_unseen(text: str) -> bool:
    """Return whether it contains line breaks, control characters, or invisible characters."""
    return any(_is_unseen(letter) for letter in text)


def _on_one_line(letter: str) -> str:
    if not _is_unseen(letter):
        return letter
    return "" if unicodedata.category(letter) == "Cf" else " "


def _is_unseen(letter: str) -> bool:
    return letter not in _JOINERS and unicodedata.category(letter) in _UNSEEN


def _is_within(text: str, end: int) -> bool:
    before = len(text[:end]) - len(text[:end].rstrip(_FLAG_LETTERS))  # two of these are one flag
    halves_flag = before % 2 == 1 and text[end] in _FLAG_LETTERS
    return halves_flag or _clings(text[end]) or text[end - 1] == "\u200d"


def _clings(letter: str) -> bool:
    return (
        letter in _JOINERS
        or unicodedata.category(letter).startswith("M")
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )
