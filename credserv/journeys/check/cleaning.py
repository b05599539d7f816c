"""Clean pasted text: remove what mail, chats and documents put around and into it.

Cleaning is safe because everything is verified afterwards. What is removed was never signed, and a credential
that lost more does not verify. The report says what was done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from credserv.ground.errors import InputError, ProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.proof.tokens.jws import peek_type

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})[^\n`]*\n(.*?)\n?\s*\1\s*", re.DOTALL)
_QUOTED_LINES = re.compile(r"(?:^[ \t]*>[ \t>]*.*(?:\n|\Z))+", re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:~[A-Za-z0-9_.~-]*)?", re.ASCII)
_SPACES = re.compile(r"[ \t\r\n\u00a0]+")
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u00ab": "\u00bb", "<": ">"}
_LONG_WORD = 40  # a word this long was split by a line break; shorter ones ended there
_ROUNDS = 4
_TOKEN_BEGINS = ("ey", "ew")  # base64url of `{"` and of `{` with a blank
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z_ -]{0,40}[ \t:=]\s*(?=e[yw][A-Za-z0-9_-]{10})", re.ASCII)
# What no plain container has: whatever has one of these is judged as it is.
_OWN_MEMBERS = frozenset({"@context", "type", "proof", "credentialSubject", "badge", "verify", "payload"})
_MAX_WRAPPING = 3


def clean_pasted(text: bytes, read: Callable[[bytes], JsonObject | None]) -> tuple[bytes, str]:
    """Remove what does not belong to a credential.

    Args:
        read: Returns a JSON object, or None for anything else. The caller can keep what it read.

    Returns:
        The text, and what was removed in words ("" for nothing). Anything that is not text, or is a
        credential as it is, comes back unchanged.
    """
    try:
        words = text.decode()
    except UnicodeDecodeError:
        return text, ""
    told: list[str] = []
    for _ in range(_ROUNDS):
        if _is_plain(words, read):
            break
        before = words
        for what, clean in _STEPS:
            cleaned = clean(words)
            if cleaned != words:
                words = cleaned
                told.append(what)
            if _is_plain(words, read):
                break
        if words == before:
            break
    if not told or not _is_plain(words, read):
        return text, ""
    return words.encode(), f"the text that was pasted, without {' and '.join(dict.fromkeys(told))}"


def _is_plain(words: str, read: Callable[[bytes], JsonObject | None]) -> bool:
    if _TOKEN.fullmatch(words):
        return True
    if not words.startswith("{"):
        return False
    document = read(words.encode())
    return document is not None and _find_wrapped(document) is None


def _without_invisible(words: str) -> str:
    """Remove invisible characters at the ends only; in JSON, some names contain them. A token has none."""
    bare = words.strip().strip("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff").strip()
    return bare if bare.startswith(("{", "[", '"', "`", ">")) else _INVISIBLE.sub("", bare)


def _without_fence(words: str) -> str:
    found = _FENCE.fullmatch(words)
    return found[2].strip() if found else words


def _without_quoting(words: str) -> str:
    if not _QUOTED_LINES.fullmatch(words):
        return words
    return "\n".join(re.sub(r"^[ \t]*>[ \t>]?", "", line) for line in words.splitlines()).strip()


def _without_quotes(words: str) -> str:
    if len(words) < 2 or _QUOTES.get(words[0]) != words[-1]:
        return words
    if words[0] == '"':
        try:
            text = json.loads(words, strict=False)
        except ValueError:
            text = None
        if isinstance(text, str):
            return text.strip()
    return words[1:-1].strip()


def _without_list(words: str) -> str:
    if not words.startswith("["):
        return words
    try:
        items = parse_json(words.encode())
    except InputError:
        return words
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], (dict, str)):
        return words
    return items[0] if isinstance(items[0], str) else words.strip()[1:-1].strip()


def _without_wrapping(words: str) -> str:
    """Take the only credential out of an object around it, as APIs and wallets hand it out."""
    if not words.startswith("{"):
        return words
    try:
        held = _find_wrapped(parse_json(words.encode()))
    except InputError:
        return words
    if held is None:
        return words
    return held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)


def with_lost_end(text: bytes) -> bytes:
    """Return an SD-JWT with the `~` at its end, which mails and Markdown lose; anything else unchanged."""
    issued, *rest = text.split(b"~")
    if rest:
        is_lost = rest[-1] != b"" and b"." not in rest[-1]  # what follows the last one is a token, or nothing
    else:
        try:
            is_lost = str(peek_type(issued.decode("ascii"))).endswith("sd-jwt")
        except (InputError, ProofError, UnicodeDecodeError):
            is_lost = False
    return text + b"~" if is_lost and _TOKEN.fullmatch(text.decode("ascii", "replace")) else text


def holds_several(text: bytes, document: JsonObject | None) -> bool:
    """Return whether it is a list or a plain container of several credentials.

    Args:
        document: The same as JSON, where it is an object.
    """
    value: object = document
    if document is None and text.startswith(b"["):
        try:
            value = parse_json(text)
        except InputError:
            return False
    return (isinstance(value, list) or _is_container(value)) and len(_credentials(value, 0)) > 1


def _find_wrapped(value: object) -> str | JsonObject | None:
    """Return the only credential that a plain container holds; None for several, or for no container."""
    held = _credentials(value, 0) if _is_container(value) else []
    return held[0] if len(held) == 1 else None


def _is_container(value: object) -> bool:
    return isinstance(value, Mapping) and _OWN_MEMBERS.isdisjoint(value)


def _credentials(value: object, depth: int) -> list[str | JsonObject]:
    if isinstance(value, str):
        return [value] if value.startswith(_TOKEN_BEGINS) and _TOKEN.fullmatch(value) else []
    if isinstance(value, Mapping) and not _is_container(value):
        return [value]
    if depth > _MAX_WRAPPING or not isinstance(value, (Mapping, list)):
        return []
    members = value.values() if isinstance(value, Mapping) else value
    return [found for member in members for found in _credentials(member, depth + 1)]


def _without_words(words: str) -> str:
    """Remove what was written before a token, and around an object."""
    before = _PREFIX.match(words)
    if before is not None:
        return words[before.end() :]
    begins, ends = words.find("{"), words.rfind("}")
    return words[begins : ends + 1] if 0 <= begins < ends else words


def _without_breaks(words: str) -> str:
    """Remove line breaks: a token contains no whitespace, and JSON strings contain no bare line breaks."""
    joined = _SPACES.sub("", words)
    if joined.startswith(_TOKEN_BEGINS) and _TOKEN.fullmatch(joined):
        return joined
    if not words.startswith(("{", "[")):
        return words
    made: list[str] = []
    in_text = escaped = False
    lines = words.replace("\r\n", "\n").replace("\u00a0", " ")
    for char in lines:
        if in_text and char == "\n":
            before = "".join(made[-_LONG_WORD:]).rpartition('"')[2]
            whole_word = " " in before
            made.append(" " if whole_word and not before.endswith(" ") else "")
            continue
        if char == '"' and not escaped:
            in_text = not in_text
        escaped = char == "\\" and not escaped
        made.append(char)
    return "".join(made)


_STEPS = (
    ("signs that nobody sees", _without_invisible),
    ("the frame of a code block", _without_fence),
    ("the marks of a quoted mail", _without_quoting),
    ("quotation marks", _without_quotes),
    ("the list that held nothing else", _without_list),
    ("the object around it", _without_wrapping),
    ("the line breaks of a mail", _without_breaks),
    ("the words around it", _without_words),
)
