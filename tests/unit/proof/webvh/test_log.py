"""The log of a did:webvh: what it says once it is read, and which of its rules an entry broke."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import (
    InputError,
    MissingProofError,
    ProofError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.proof.keys.verification_method import did_key
from credserv.proof.webvh.entry import signing_keys
from credserv.proof.webvh.log import DidLog, read_log
from credserv.proof.webvh.parameters import Witnessing
from credserv.proof.webvh.writing import to_line
from tests.testkit.proofs import SigningIssuer, issuer
from tests.testkit.webvh import BEGAN, UPDATE, History, document, lines, multikey, sign_anew, with_proof

Entries = list[dict[str, Any]]
STRANGER = issuer(66)
WITNESSES = [issuer(40), issuer(41), issuer(42)]
NAMES = [did_key(multikey(one)) for one in WITNESSES]


def again(entries: Entries, at: int = 2, **changes: Any) -> None:
    entries[at] = sign_anew(entries[at], UPDATE[at], entries[at - 1]["versionId"], **changes)


def test_a_log_says_each_version_and_its_names() -> None:
    history = History().change()
    old = history.did
    new = old.replace("school.example", "college.example")
    history.change(document(new, alsoKnownAs=[old]))
    log = read_log(history.log)
    assert log == read_log(history.log.removesuffix(b"\n"))
    assert log.scid == history.entries[0]["parameters"]["scid"] == old.split(":")[2]
    assert [version.id for version in log.versions] == [entry["versionId"] for entry in history.entries]
    assert [version.time for version in log.versions] == [BEGAN + timedelta(days=day) for day in range(3)]
    assert [version.document for version in log.versions] == [entry["state"] for entry in history.entries]
    assert log.newest is log.versions[2]
    assert (log.newest.did, log.names) == (new, {old, new})
    assert log.versions[1].parameters.update_keys == (multikey(UPDATE[1]),)


def test_a_line_of_our_own_is_what_is_read() -> None:
    history = History()
    assert read_log(to_line(history.entries[0])) == read_log(history.log)
    assert list(history.entries[0]) == ["versionId", "versionTime", "parameters", "state", "proof"]
    assert list(history.entries[0]["parameters"])[:2] == ["method", "scid"]


def test_a_log_may_be_as_long_as_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credserv.proof.webvh.log.MAX_ENTRIES", 2)
    assert len(read_log(History().change().log).versions) == 2
    with pytest.raises(UnsupportedProofError, match="has 3 entries; at most 2"):
        read_log(History().change().change().log)


def _state(entries: Entries, **changes: Any) -> None:
    again(entries, state=entries[2]["state"] | changes)


def _proof(entries: Entries, **changes: Any) -> None:
    entries[2] = entries[2] | {"proof": [entries[2]["proof"][0] | changes]}


def _by(entries: Entries, key: SigningIssuer, **options: Any) -> None:
    entries[2] = with_proof(entries[2], key, **options)


OWN = multikey(UPDATE[2])
UTC_ALONE, ITS_DID = "no date and time in UTC", "not that of a did:webvh with the SCID of the log"
BROKEN: list[tuple[Callable[[Entries], None], str]] = [
    (lambda log: log[2].pop("proof"), "has versionId, versionTime, parameters, state and proof"),
    (lambda log: again(log, more=1), "and nothing else"),
    (lambda log: log[2].update(versionId="4" + log[2]["versionId"][1:]), "does not begin with 3-"),
    (lambda log: log[2].update(versionId=3), "does not begin with 3-"),
    (lambda log: log[2].update(versionId="3" + log[1]["versionId"][1:]), "is not the hash"),
    (lambda log: again(log, versionTime=7), UTC_ALONE),
    (lambda log: again(log, versionTime="2026-03-14T09:00:00+02:00"), UTC_ALONE),
    (lambda log: again(log, versionTime=log[1]["versionTime"]), "not later than"),
    (lambda log: again(log, versionTime="soonZ"), "soonZ"),
    (lambda log: _by(log, UPDATE[2], proofPurpose="authentication"), "not for assertionMethod"),
    (lambda log: _by(log, UPDATE[2], verificationMethod=f"did:key:{OWN}#z6"), "may not sign it"),
    (lambda log: _by(log, STRANGER), "may not sign it"),
    (lambda log: _proof(log, cryptosuite="eddsa-rdfc-2022"), "none of eddsa-jcs-2022"),
    (lambda log: _proof(log, type="Ed25519Signature2020"), "none of eddsa-jcs-2022"),
    (lambda log: again(log, state=[]), ITS_DID),
    (lambda log: _state(log, id=None), ITS_DID),
    (lambda log: _state(log, id=log[2]["state"]["id"] + "?versionNumber=1"), ITS_DID),
    (lambda log: _state(log, id=log[2]["state"]["id"] + "#key"), ITS_DID),
    (lambda log: _state(log, id=f"did:webvh:Qm{'1' * 44}:school.example"), ITS_DID),
    (lambda log: _moved(log), "former name in alsoKnownAs"),
    (lambda log: _moved(log, alsoKnownAs=log[2]["state"]["id"]), "former name in alsoKnownAs"),
    (lambda log: _moved(log, alsoKnownAs=["did:web:other.example"]), "former name in alsoKnownAs"),
]


def _moved(entries: Entries, **changes: Any) -> None:
    _state(entries, id=entries[2]["state"]["id"] + ":moved", **changes)


@pytest.mark.parametrize(("spoil", "why"), BROKEN)
def test_the_entry_that_breaks_a_rule_is_named(spoil: Callable[[Entries], None], why: str) -> None:
    history = History().change().change()
    spoil(history.entries)
    with pytest.raises(VerificationMethodError, match=r"^entry 3 of the DID's log") as told:
        read_log(history.log)
    assert why in told.value.detail


def test_a_first_entry_has_the_scid_of_what_it_says() -> None:
    for spoiled in (
        {"parameters": []},
        {"parameters": {}},
        {"parameters": {"scid": "QmOther"}},
        {"state": {}},
    ):
        log = lines([History().entries[0] | spoiled])
        with pytest.raises(VerificationMethodError, match=r"entry 1 .* not the hash of the first entry"):
            read_log(log)


def test_a_did_that_moves_is_portable_and_one_that_ended_stays_so() -> None:
    history = History(parameters={"portable": False})
    history.change(document(history.did + ":moved", alsoKnownAs=[history.did]))
    with pytest.raises(VerificationMethodError, match="not portable"):
        read_log(history.log)
    ended = History().change(None, {"deactivated": True})
    assert read_log(ended.log).newest.parameters.deactivated
    with pytest.raises(VerificationMethodError, match=r"entry 3 .* was deactivated before"):
        read_log(ended.change().log)


def test_another_version_of_the_method_is_not_called_false() -> None:
    with pytest.raises(UnsupportedProofError, match=r"0.5"):
        read_log(History(parameters={"method": "did:webvh:0.5"}).log)


def witnessed(threshold: int) -> tuple[DidLog, Callable[[int, int], dict[str, Any]]]:
    """A log of three entries, and what one of the witnesses signs of one of them."""
    named = [{"id": name} for name in NAMES[:2]]
    history = History(parameters={"witness": {"threshold": threshold, "witnesses": named}}).change().change()

    def signs(witness: int, number: int) -> dict[str, Any]:
        return with_proof({"versionId": history.entries[number - 1]["versionId"]}, WITNESSES[witness])

    return read_log(history.log), signs


def test_who_signs_an_entry_approves_all_before_it() -> None:
    log, signs = witnessed(2)
    assert {version.witnessing for version in log.versions} == {Witnessing(2, frozenset(NAMES[:2]))}
    newest = [signs(0, 3), signs(1, 3)]
    for proofs in (newest, newest[::-1], [*newest, signs(0, 1)], [signs(0, 1), *newest]):
        log.require_witnesses(json.dumps(proofs).encode())
    for proofs, number in (
        ([], 1),
        ([signs(0, 3)], 1),
        ([signs(0, 3), signs(2, 3)], 1),
        ([signs(0, 3), signs(1, 2)], 3),
        ([signs(0, 1), signs(1, 3)], 2),
    ):
        with pytest.raises(InputError, match=f"entry {number} of the DID's log is not signed by enough"):
            log.require_witnesses(json.dumps(proofs).encode())


def test_proofs_that_are_none_are_passed_over_and_do_not_end_the_reading() -> None:
    log, signs = witnessed(1)
    good = signs(0, 3)
    other = with_proof({"versionId": "9-QmElsewhere"}, WITNESSES[0])
    wrong: list[Any] = [
        7, {"versionId": 7}, good | {"more": 1}, other, good | {"proof": 7}, good | {"proof": [{}]},
        good | {"proof": [{"verificationMethod": NAMES[0]}]},
    ]  # fmt: skip
    log.require_witnesses(json.dumps([*wrong, good]).encode())
    log.require_witnesses(json.dumps([good | {"proof": good["proof"][0]}]).encode())
    log.require_witnesses(json.dumps([good | {"proof": [{}, *good["proof"]]}]).encode())
    with pytest.raises(InputError, match="entry 1"):
        log.require_witnesses(json.dumps(wrong).encode())
    for listed in (good, "", 0):
        with pytest.raises(InputError, match="are no list"):
            log.require_witnesses(json.dumps(listed).encode())


def test_a_new_list_of_witnesses_counts_from_the_next_entry_on() -> None:
    def rule(at: int) -> dict[str, Any]:
        return {"witness": {"threshold": 1, "witnesses": [{"id": NAMES[at]}]}}

    history = History(parameters=rule(0)).change(None, rule(1)).change(None, {"witness": {}}).change()
    rules = [
        version.witnessing and next(iter(version.witnessing.witnesses))
        for version in read_log(history.log).versions
    ]
    assert rules == [NAMES[0], NAMES[0], NAMES[1], None]
    late = History().change(None, rule(1)).change()
    assert [bool(version.witnessing) for version in read_log(late.log).versions] == [False, True, True]


def test_a_log_without_witnesses_needs_no_proof_of_theirs() -> None:
    read_log(History().change().log).require_witnesses(b"[]")


def test_a_key_of_another_kind_signs_no_entry() -> None:
    key = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"  # P-256, of did:key 0.9
    entry = with_proof(History().entries[0], STRANGER, verificationMethod=f"did:key:{key}#{key}")
    with pytest.raises(VerificationMethodError, match="no Ed25519 key"):
        signing_keys(entry, [key])


def test_every_proof_of_an_entry_has_to_hold() -> None:
    entry = History().entries[0]
    other = with_proof(entry, STRANGER)
    both = entry | {"proof": [*entry["proof"], *other["proof"]]}
    keys = [multikey(UPDATE[0]), multikey(STRANGER)]
    assert signing_keys(both, keys) == keys
    spoiled = both | {
        "proof": [both["proof"][0], both["proof"][1] | {"proofValue": both["proof"][0]["proofValue"]}]
    }
    for proofs, allowed in ((both, keys[:1]), (spoiled, keys)):
        with pytest.raises(ProofError):
            signing_keys(proofs, allowed)
    with pytest.raises(MissingProofError):
        signing_keys(entry | {"proof": []}, keys)
