"""Make the text of a message readable where single letters of it are not."""

from __future__ import annotations

import re

from credserv.ground.strict_json import to_utf8

# RFC 8259, section 7: a pair that is one letter; one that is no letter (half of one, or NUL); any other.
_ESCAPE = re.compile(rb"\\(?:u[Dd][89ABab]..\\u[Dd][C-Fc-f]..|(u0000|u[Dd][89A-Fa-f]..)|.)", re.DOTALL)
_UNDECODED = re.compile("[\udc80-\udcff]+")  # bytes that are not UTF-8, as `surrogateescape` reads them
_NO_LETTER = r"\u0001"  # no id and no address may contain it, and names are shown without it


def repair_text(body: bytes) -> bytes:
    """Return the body in UTF-8, without a byte order mark, with a control character for what is no letter.

    Systems cut names in the middle of an emoji, fill them with NUL, or send them in Latin-1.

    Raises InputError if the byte order mark is wrong.
    """
    text = to_utf8(body)
    if not text.isascii():
        read = text.decode(errors="surrogateescape")
        text = _UNDECODED.sub(lambda _: _NO_LETTER, read).encode()
    if b"\\u" not in text:
        return text
    return _ESCAPE.sub(lambda found: _NO_LETTER.encode() if found[1] else found[0], text)
