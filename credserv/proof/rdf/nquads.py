"""Terms in the canonical form of N-Quads (RDFC-1.0, appendix A; grammar: RDF 1.1 N-Quads, section 5)."""

from __future__ import annotations

import re

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

# Seven short escapes; \uXXXX for the other controls, DEL and the non-characters of XML 1.1. PyLD 3.3 and
# jsonld.js do not escape some of these; the specification, pyoxigraph and we do.
_ESCAPES = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)} | {
    ord(char): "\\" + letter for char, letter in zip('\b\t\n\f\r"\\', 'btnfr"\\', strict=True)
}
_needs_escape = re.compile('[\x00-\x1f\x7f"\\\\\ufffe\uffff]').search

# An absolute IRI: a scheme (RFC 3986, section 3.1), then what an N-Quads IRIREF can carry, without the
# blanks, controls and non-characters that RFC 3987 excludes.
is_iri = re.compile(
    r'[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x20\x7f-\x9f<>"{}|^`\\\ud800-\udfff\ufff0-\uffff]+'
).fullmatch
# What other software signs as an address although N-Quads cannot carry it, for example with a blank or a
# brace.
is_loose_iri = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x1f\x7f]+").fullmatch


def escape(text: str) -> str:
    """Return the inside of a quoted literal."""
    return text.translate(_ESCAPES) if _needs_escape(text) else text


def literal(text: str, *, datatype: str = XSD + "string", language: str = "") -> str:
    """Return a literal term; xsd:string is the default datatype and is not written."""
    if language:
        return f'"{escape(text)}"@{language}'
    if datatype != XSD + "string":
        return f'"{escape(text)}"^^<{datatype}>'
    return f'"{escape(text)}"'
