"""did-webvh, the Python implementation of the method's authors, follows our logs, and we follow its."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from did_webvh.history import load_local_history, update_document_state
from did_webvh.provision import auto_provision_did
from did_webvh.resolver import resolve_did

from credserv.ground.errors import VerificationMethodError
from credserv.proof.webvh.log import DidLog, read_log
from tests.testkit.proofs import issuer
from tests.testkit.webvh import History, document, multikey, with_proof

WITNESSES = [issuer(40), issuer(41)]
_NAMED = [{"id": f"did:key:{multikey(one)}"} for one in WITNESSES]


def they_resolve(did: str, log: bytes, folder: Path, proofs: Sequence[Mapping[str, Any]] = ()) -> Any:
    (folder / "did.jsonl").write_bytes(log)
    if proofs:
        (folder / "did-witness.json").write_text(json.dumps(proofs))
    found = asyncio.run(resolve_did(did, local_history=folder, add_implicit=False))
    return found.serialize()


def _moved() -> History:
    history = History()
    old = history.did
    return history.change(document(old.replace("school", "college"), alsoKnownAs=[old])).change()


@pytest.mark.parametrize(
    "made",
    [
        lambda: History(),
        lambda: History().change().change(),
        lambda: History(pre_rotated=False).change().change(),
        lambda: History().change(None, {"nextKeyHashes": []}),
        _moved,
    ],
)
def test_they_follow_ours(made: Any, tmp_path: Path) -> None:
    history = made()
    found = they_resolve(history.did, history.log, tmp_path)
    assert found["didDocument"] == history.entries[-1]["state"]
    assert found["didDocumentMetadata"]["versionId"] == read_log(history.log).newest.id


def test_they_refuse_what_we_refuse(tmp_path: Path) -> None:
    did = History().did
    forged = {"state": document(did, issuer(9)), "parameters": {}, "versionTime": "2026-03-01T00:00:00Z"}
    for number, spoiled in enumerate(forged):
        history = History().change()
        history.entries[1][spoiled] = forged[spoiled]
        (tmp_path / str(number)).mkdir()
        assert they_resolve(history.did, history.log, tmp_path / str(number))["didDocument"] is None
        with pytest.raises(VerificationMethodError):
            read_log(history.log)


def test_they_ask_the_same_witnesses(tmp_path: Path) -> None:
    history = History(parameters={"witness": {"threshold": 2, "witnesses": _NAMED}}).change()
    newest = {"versionId": history.entries[-1]["versionId"]}
    proofs = [with_proof(newest, one) for one in WITNESSES]
    for number, given in enumerate((proofs[:1], proofs)):
        (tmp_path / str(number)).mkdir()
        found = they_resolve(history.did, history.log, tmp_path / str(number), given)
        assert (found["didDocument"] is not None) == (given == proofs)
    read_log(history.log).require_witnesses(json.dumps(proofs).encode())


async def _theirs(folder: Path, prerotation: bool) -> None:
    """A DID of theirs, changed once."""
    _, state, key = await auto_provision_did(
        "school.example/dept",
        "ed25519",
        "a pass",
        prerotation=prerotation,
        target_dir=folder,
        extra_params={"portable": True},
    )
    if prerotation:
        return
    known, _ = await load_local_history(folder / "did.jsonl")
    later = known.timestamp + timedelta(seconds=1)
    changed = update_document_state(
        known, key, {**state.document, "alsoKnownAs": ["did:web:x.example"]}, timestamp=later
    )
    with (folder / "did.jsonl").open("a") as out:
        out.write(changed.history_json() + "\n")


@pytest.mark.parametrize("prerotation", [False, True])
def test_we_follow_theirs(tmp_path: Path, prerotation: bool) -> None:
    asyncio.run(_theirs(tmp_path, prerotation))
    body = (tmp_path / "did.jsonl").read_bytes()
    log: DidLog = read_log(body)
    assert len(log.versions) == (1 if prerotation else 2)
    assert log.newest.document == json.loads(body.splitlines()[-1])["state"]
    assert asyncio.run(resolve_did(log.newest.did, local_history=tmp_path)).document is not None
    with pytest.raises(VerificationMethodError):
        read_log(body.replace(b"school.example", b"other.example"))
