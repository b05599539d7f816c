"""The parameters that the controller of a did:webvh sets for its log, entry by entry.

Source: did:webvh 1.0, sections "did:webvh DID Method Parameters" and "The witness Parameter".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from credserv.ground.errors import InputError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.proof.webvh.entry import METHOD, key_hash, require_texts

_LISTS = ("updateKeys", "nextKeyHashes", "watchers")
_EMPTY: dict[str, object] = {
    "witness": {},
    "deactivated": False,
    "ttl": 3600,
    **{name: [] for name in _LISTS},
}
_NAMES = frozenset({"method", "scid", "portable", *_EMPTY})
_MAX_TTL = 2**31


@dataclass(frozen=True)
class Witnessing:
    """How many (`threshold`) of the witnesses, named by did:key, have to sign."""

    threshold: int
    witnesses: frozenset[str]


@dataclass(frozen=True)
class Parameters:
    """The parameters after an entry.

    `next_key_hashes` are of the keys that may update it next; () for any.
    """

    update_keys: tuple[str, ...] = ()
    next_key_hashes: tuple[str, ...] = ()
    witnessing: Witnessing | None = None
    portable: bool = False
    deactivated: bool = False


def after(before: Parameters | None, stated: object) -> Parameters:
    """Return the parameters after an entry.

    Args:
        before: of the previous entry; None for the first.
        stated: the `parameters` of the entry.

    Raises:
        InputError: the specification forbids them.
        UnsupportedProofError: another version of the specification.
    """
    if not isinstance(stated, dict):
        raise InputError("parameters are no object")
    # Early implementations wrote null for unused parameters; the specification asks readers to accept it.
    said = {name: _EMPTY.get(name) if value is None else value for name, value in stated.items()}
    if said.get("method", METHOD if before else None) != METHOD:
        raise UnsupportedProofError(
            f"a log by the method {str(said.get('method'))[:80]!r}; known is {METHOD}"
        )
    unknown = sorted(set(said) - _NAMES)
    if unknown:
        raise InputError(f"a parameter of unknown meaning: {unknown[0][:80]!r}")
    if (before is not None) == ("scid" in said):
        raise InputError("scid is said in the first entry, and there alone")
    _require_forms(said)
    return _set(before or Parameters(), said, is_first=before is None)


def _require_forms(said: JsonObject) -> None:
    for name in _LISTS:
        require_texts(said.get(name, []), name)
    for name in ("portable", "deactivated"):
        if not isinstance(said.get(name, False), bool):
            raise InputError(f"{name} is neither true nor false")
    ttl = said.get("ttl", 0)
    if not isinstance(ttl, int) or isinstance(ttl, bool) or not 0 <= ttl <= _MAX_TTL:
        raise InputError("ttl is no number of seconds")


def _set(before: Parameters, said: JsonObject, *, is_first: bool) -> Parameters:
    if said.get("portable") and not (is_first or before.portable):
        raise InputError("a DID is made portable in its first entry, and in no later one")
    if before.next_key_hashes:
        if "updateKeys" not in said or "nextKeyHashes" not in said:
            raise InputError("with pre-rotation, each entry says updateKeys and nextKeyHashes")
        if not {key_hash(key) for key in said["updateKeys"]} <= set(before.next_key_hashes):
            raise InputError("updateKeys has a key that the entry before did not foresee in nextKeyHashes")
    found = replace(before, portable=said.get("portable", before.portable))
    if "updateKeys" in said:
        found = replace(found, update_keys=tuple(said["updateKeys"]))
    if "nextKeyHashes" in said:
        found = replace(found, next_key_hashes=tuple(said["nextKeyHashes"]))
    if "witness" in said:
        found = replace(found, witnessing=_read_witnessing(said["witness"]))
    return replace(found, deactivated=said.get("deactivated", False))


def _read_witnessing(value: object) -> Witnessing | None:
    if value == {}:
        return None
    if not isinstance(value, dict) or set(value) != {"threshold", "witnesses"}:
        raise InputError("witness is no object with threshold and witnesses")
    named, threshold = value["witnesses"], value["threshold"]
    if not isinstance(named, list) or not all(isinstance(item, dict) for item in named):
        raise InputError("witnesses is no list of objects")
    if any(set(item) != {"id"} for item in named):
        raise UnsupportedProofError("a witness with more than its id, such as a weight, is not understood")
    witnesses = require_texts([item["id"] for item in named], "witnesses")
    if not all(name.startswith("did:key:z") for name in witnesses):
        raise InputError("a witness is no did:key")
    if type(threshold) is not int or not 1 <= threshold <= len(witnesses):
        raise InputError("threshold of the witnesses is not between 1 and their number")
    return Witnessing(threshold, frozenset(witnesses))
