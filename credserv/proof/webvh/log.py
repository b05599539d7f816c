"""The log of a did:webvh, read and verified from first entry to last.

Source: did:webvh 1.0, sections "Read (Resolve)", "DID Portability" and "Verifying Witness Proofs During
Resolution". One entry that does not hold leaves the whole log unproven: whoever could change one could have
removed those after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError, ProofError, UnsupportedProofError, VerificationMethodError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json, parse_json_object
from credserv.proof.webvh.entry import entry_hash, scid_of, signing_keys
from credserv.proof.webvh.identifier import read_did
from credserv.proof.webvh.parameters import Parameters, Witnessing, after

MAX_ENTRIES = 1_000
_MEMBERS = {"versionId", "versionTime", "parameters", "state", "proof"}
_VERSION = re.compile(r"([1-9][0-9]{0,5})-(\w{1,100})", re.ASCII).fullmatch


@dataclass(frozen=True)
class Version:
    """One version.

    Attributes:
        id: `NUMBER-HASH`.
        time: since when.
        witnessing: who has to witness this version.
    """

    id: str
    time: datetime
    document: JsonObject
    parameters: Parameters
    witnessing: Witnessing | None

    @property
    def did(self) -> str:
        return str(self.document["id"])


@dataclass(frozen=True)
class DidLog:
    """A verified log, except for its witnesses. Read only."""

    scid: str
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    @property
    def names(self) -> frozenset[str]:
        """The DIDs it has had. Only the newest is where its controller claims to be now."""
        return frozenset(version.did for version in self.versions)

    def require_witnesses(self, proofs: bytes) -> None:
        """Check `proofs`, the file did-witness.json. Raises InputError where too few witnesses signed.

        A witness who signs an entry approves all before it. Proofs about entries that are not here, and
        proofs that do not hold, are ignored.
        """
        signed = _latest_signed(proofs, {version.id: n for n, version in enumerate(self.versions, 1)})
        for number, version in enumerate(self.versions, 1):
            rule = version.witnessing
            if rule and sum(signed.get(name, 0) >= number for name in rule.witnesses) < rule.threshold:
                raise InputError(f"entry {number} of the DID's log is not signed by enough of its witnesses")


def read_log(body: bytes) -> DidLog:
    """Read and verify a log.

    Raises:
        VerificationMethodError: an entry does not hold; the message names it.
        UnsupportedProofError: another version of the method, longer than we read, or no log at all.
    """
    lines = body.removesuffix(b"\n").split(b"\n")
    if len(lines) > MAX_ENTRIES:
        raise UnsupportedProofError(f"the DID's log has {len(lines)} entries; at most {MAX_ENTRIES} are read")
    versions: list[Version] = []
    scid = ""
    for number, line in enumerate(lines, 1):
        entry = _parse(line, number)
        try:
            if not versions:
                scid = _read_scid(entry)
            versions.append(_read_entry(entry, number, scid, versions[-1] if versions else None))
        except UnsupportedProofError:
            raise
        except (InputError, ProofError) as error:
            raise VerificationMethodError(f"entry {number} of the DID's log: {error.detail}") from error
    return DidLog(scid, tuple(versions))


def _parse(line: bytes, number: int) -> JsonObject:
    """Parse a line.

    Raises UnsupportedProofError: a page or a cut file in place of the log says nothing about a key.
    """
    try:
        return parse_json_object(line)
    except InputError as error:
        raise UnsupportedProofError(
            f"line {number} of the DID's log cannot be read: {error.detail}"
        ) from error


def _read_scid(first: JsonObject) -> str:
    parameters = first.get("parameters")
    scid = parameters.get("scid") if isinstance(parameters, dict) else None
    if not isinstance(scid, str) or scid_of(first, scid) != scid:
        raise InputError("the SCID is not the hash of the first entry")
    return scid


def _read_entry(entry: JsonObject, number: int, scid: str, before: Version | None) -> Version:
    if entry.keys() != _MEMBERS:
        raise InputError("an entry has versionId, versionTime, parameters, state and proof, and nothing else")
    if before and before.parameters.deactivated:
        raise InputError("the DID was deactivated before")
    parameters = after(before.parameters if before else None, entry["parameters"])
    _require_number(entry, number, scid if before is None else before.id)
    time = _read_time(entry["versionTime"], before.time if before else None)
    # Keys that were pre-committed sign the entry that publishes them; others sign from the next one on.
    known = parameters if before is None or before.parameters.next_key_hashes else before.parameters
    signing_keys(entry, known.update_keys)
    _require_name(entry["state"], scid, parameters, before)
    # A new list of witnesses counts from the next entry on, the first list at once.
    earlier = before.parameters.witnessing if before else None
    return Version(entry["versionId"], time, entry["state"], parameters, earlier or parameters.witnessing)


def _require_number(entry: JsonObject, number: int, before: str) -> None:
    stated = _VERSION(str(entry["versionId"]))
    if stated is None or int(stated[1]) != number:
        raise InputError(f"its versionId does not begin with {number}-")
    if stated[2] != entry_hash(entry, before):
        raise InputError("its versionId is not the hash of what it says and of the entry before")


def _read_time(value: object, before: datetime | None) -> datetime:
    if not isinstance(value, str) or not value.endswith(("Z", "+00:00")):
        raise InputError("versionTime is no date and time in UTC")
    time = parse_instant(value)
    if before is not None and time <= before:
        raise InputError("versionTime is not later than that of the entry before")
    return time


def _require_name(state: object, scid: str, parameters: Parameters, before: Version | None) -> None:
    document: JsonObject = state if isinstance(state, dict) else {}
    did = document.get("id")
    if not isinstance(did, str) or "?" in did or "#" in did or read_did(did).scid != scid:
        raise InputError("its document is not that of a did:webvh with the SCID of the log")
    if before is None or did == before.did:
        return
    also = document.get("alsoKnownAs")
    if not parameters.portable:
        raise InputError("the DID moved, and is not portable")
    if not isinstance(also, list) or before.did not in also:
        raise InputError("the DID moved, and does not say its former name in alsoKnownAs")


def _latest_signed(proofs: bytes, numbers: Mapping[str, int]) -> dict[str, int]:
    """Return the number of the last entry each witness signed, by its did:key."""
    listed = parse_json(proofs)
    if not isinstance(listed, list):
        raise InputError("the proofs of the DID's witnesses are no list")
    latest: dict[str, int] = {}
    for item in listed:
        if not isinstance(item, dict) or item.keys() != {"versionId", "proof"}:
            continue
        number = numbers.get(str(item["versionId"]), 0)
        proofs_of = item["proof"] if isinstance(item["proof"], list) else [item["proof"]]
        for proof in proofs_of if number else []:
            witness = _witness(item, proof)
            if witness:
                latest[witness] = max(number, latest.get(witness, 0))
    return latest


def _witness(item: JsonObject, proof: object) -> str | None:
    """Return who made a proof of the `versionId`; None if it does not hold."""
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    did = str(method).partition("#")[0]
    try:
        signing_keys({**item, "proof": [proof]}, [did.removeprefix("did:key:")])
    except (InputError, ProofError):
        return None
    return did
