"""Attacks on issuers of did:webvh: their logs forged, cut, mixed up, or served in another's place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome
from credserv.proof.data_integrity.proofs import add_proof
from credserv.proof.webvh.entry import key_hash
from credserv.proof.webvh.log import MAX_ENTRIES
from credserv.verifying.presentation import verify_presentation
from tests.testkit.proofs import NOW, V2, issuer, suite
from tests.testkit.tokens import TokenIssuer, token_issuer
from tests.testkit.verifying import Hosts, verifier
from tests.testkit.webvh import (
    BEGAN,
    HOST,
    KEY,
    UPDATE,
    History,
    document,
    lines,
    log_at,
    multikey,
    sign_anew,
    with_proof,
)

WRONG = (Outcome.FAILED, "verification-method")
OPEN = (Outcome.UNKNOWN, "unsupported-proof")
GOOD = (Outcome.PASSED, "")
STRANGER = issuer(66)
WITNESSES = [issuer(40), issuer(41), issuer(42)]
Entries = list[dict[str, Any]]


def checked(hosts: Hosts, signed: dict[str, Any]) -> Check:
    proof = hosts.verify(signed).check("proof")
    assert proof is not None
    return proof


def judged(history: History, log: bytes | None = None, **badge: Any) -> tuple[Outcome, str]:
    found = checked(Hosts({history.url: history.log if log is None else log}), history.badge(**badge))
    return found.outcome, found.code


def three() -> History:
    return History().change().change()


def test_what_is_not_attacked_holds() -> None:
    assert judged(three()) == GOOD
    assert judged(History(pre_rotated=False).change().change()) == GOOD


def _forged(entries: Entries) -> None:
    entries[1]["state"] = document(entries[1]["state"]["id"], STRANGER)


def _forged_and_hashed(entries: Entries) -> None:
    forged = document(entries[2]["state"]["id"], STRANGER)
    entries[2] = sign_anew(entries[2], STRANGER, entries[1]["versionId"], state=forged)


def _proof_of_another_entry(entries: Entries) -> None:
    entries[1]["proof"] = entries[2]["proof"]


def _proof_for_another_purpose(entries: Entries) -> None:
    entries[2] = with_proof(entries[2], UPDATE[2], proofPurpose="authentication")


def _one_bad_proof_beside_a_good_one(entries: Entries) -> None:
    entries[2]["proof"] += with_proof(entries[2], STRANGER)["proof"]


def _key_that_names_another(entries: Entries) -> None:
    named = f"did:key:{multikey(UPDATE[2])}#{multikey(STRANGER)}"
    entries[2] = with_proof(entries[2], STRANGER, verificationMethod=named)


def _unproven(entries: Entries) -> None:
    entries[1]["proof"] = []


def _first_taken_away(entries: Entries) -> None:
    del entries[0]


def _middle_taken_away(entries: Entries) -> None:
    del entries[1]


def _reordered(entries: Entries) -> None:
    entries[1], entries[2] = entries[2], entries[1]


def _twice(entries: Entries) -> None:
    entries.append(copy.deepcopy(entries[2]))


def _number_skipped(entries: Entries) -> None:
    entries[2] = sign_anew(
        entries[2] | {"versionId": "4" + entries[2]["versionId"][1:]}, UPDATE[2], entries[1]["versionId"]
    )


def _member_more(entries: Entries) -> None:
    entries[2] = sign_anew(entries[2], UPDATE[2], entries[1]["versionId"], keys="mine")


def _parameter_more(entries: Entries) -> None:
    more = entries[2]["parameters"] | {"controller": "me"}
    entries[2] = sign_anew(entries[2], UPDATE[2], entries[1]["versionId"], parameters=more)


@pytest.mark.parametrize(
    "spoil",
    [
        _forged,
        _forged_and_hashed,
        _proof_of_another_entry,
        _proof_for_another_purpose,
        _one_bad_proof_beside_a_good_one,
        _key_that_names_another,
        _unproven,
        _first_taken_away,
        _middle_taken_away,
        _reordered,
        _twice,
        _number_skipped,
        _member_more,
        _parameter_more,
    ],
)
def test_attack_143_an_entry_that_was_forged_moved_or_taken_away(spoil: Callable[[Entries], None]) -> None:
    history = three()
    spoil(history.entries)
    assert judged(history, of=three().did) == WRONG


def test_attack_143_lines_that_are_no_entries() -> None:
    history = three()
    for log in (b"{}\n", history.log.replace(b'"state"', b'"State"', 1)):
        assert judged(history, log) == WRONG


@pytest.mark.parametrize("cut", [0, 40, -40])
def test_found_h1_a_page_or_a_cut_file_in_place_of_a_log(cut: int) -> None:
    history = three()
    page, bare = b"<!doctype html><title>Not found</title>", b"[" + history.log.replace(b"\n", b",") + b"]"
    for log in (page, bare, b"[]\n", history.log[:cut], b"\xef\xbb\xbf" + history.log, history.log + b"\n"):
        assert judged(history, log) == OPEN


def test_attack_144_another_first_entry_under_the_same_scid() -> None:
    history = three()
    first = history.entries[0]
    scid = first["parameters"]["scid"]
    forged = first["parameters"] | {"updateKeys": [multikey(STRANGER)]}
    history.entries = [sign_anew(first, STRANGER, scid, parameters=forged)]
    assert judged(history) == WRONG


def test_attack_144_a_move_to_the_scid_of_somebody_else() -> None:
    history, other = three(), History(place="did:web:bank.example")
    history.change(document(other.did, alsoKnownAs=[history.did]))
    hosts = Hosts({other.url: history.log})
    assert checked(hosts, other.badge()).code == "verification-method"


def test_attack_145_a_log_that_is_another_dids() -> None:
    history, other = three(), History(place="did:web:bank.example")
    hosts = Hosts({history.url: other.log})
    assert checked(hosts, history.badge()).code == "verification-method"
    # Whoever writes a log may say to have been at a bank before: the bank's host would have to say so, too.
    liar = History(place="did:web:bank.example")
    liar.change(document(liar.did.replace("bank.example", "evil.example"), alsoKnownAs=[liar.did]))
    hosts = Hosts({log_at("did:web:evil.example"): liar.log})
    assert checked(hosts, liar.badge()).outcome is Outcome.PASSED
    assert checked(hosts, liar.badge(of=liar.entries[0]["state"]["id"])).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("pre_rotated", [True, False])
def test_attack_146_an_update_by_a_key_that_may_not(pre_rotated: bool) -> None:
    assert judged(History(pre_rotated=pre_rotated).change(by=STRANGER)) == WRONG
    own = {"updateKeys": [multikey(STRANGER)]}
    assert judged(History(pre_rotated=pre_rotated).change(None, own, by=STRANGER)) == WRONG


def test_attack_146_a_key_that_was_taken_back() -> None:
    history = History(pre_rotated=False).change(None, {"updateKeys": [multikey(UPDATE[1])]})
    assert judged(history) == GOOD
    assert judged(history.change()) == WRONG  # by the first key again


@pytest.mark.parametrize(
    "said",
    [
        {"updateKeys": [multikey(UPDATE[1]), multikey(STRANGER)]},
        {"updateKeys": []},
        {"nextKeyHashes": None},
        {"updateKeys": None},
        {"nextKeyHashes": ["one", 2]},
    ],
)
def test_attack_146_keys_that_were_not_foreseen(said: dict[str, Any]) -> None:
    good = said == {"nextKeyHashes": None}  # pre-rotation may be ended, by a key that was foreseen
    assert judged(History().change(None, said)) == (GOOD if good else WRONG)


def test_attack_146_pre_rotation_is_not_left_by_saying_nothing() -> None:
    history = History()
    del history.change().entries[1]["parameters"]["nextKeyHashes"]
    entry = history.entries[1]
    history.entries[1] = sign_anew(entry, UPDATE[1], history.entries[0]["versionId"])
    assert judged(history) == WRONG


def test_attack_147_a_log_that_ends_before_what_was_seen() -> None:
    history = three()
    hosts = Hosts({history.url: history.log})
    assert checked(hosts, history.badge()).outcome is Outcome.PASSED
    hosts.pages[history.url] = lines(history.entries[:2])
    stale = checked(hosts, history.badge())
    assert (stale.outcome, "ends before entry 3" in stale.reason) == (Outcome.UNKNOWN, True)
    hosts.pages[history.url] = history.log
    assert checked(hosts, history.badge()).outcome is Outcome.PASSED
    hosts.pages[history.url] = three().change(at=BEGAN + timedelta(days=9)).log
    assert checked(hosts, history.badge()).outcome is Outcome.PASSED


def test_attack_147_a_log_that_tells_what_was_seen_otherwise() -> None:
    """Whoever has the keys could take a compromised one back into the past."""
    history, other = three(), History().change().change(at=BEGAN + timedelta(days=5))
    hosts = Hosts({history.url: history.log})
    assert checked(hosts, history.badge()).outcome is Outcome.PASSED
    hosts.pages[history.url] = other.log
    assert checked(hosts, history.badge()).code == "verification-method"


def test_attack_148_a_log_that_never_ends() -> None:
    history = History()
    assert judged(history, history.log * (MAX_ENTRIES + 1)) == OPEN
    asked: list[int] = []
    hosts = Hosts({history.url: history.log})
    get = hosts.get
    hosts.get = lambda url, accept="", max_bytes=1_048_576: (asked.append(max_bytes), get(url))[1]  # type: ignore[method-assign]
    checked(hosts, history.badge())
    assert asked == [1_048_576]


def test_attack_149_times_that_run_backward_or_ahead() -> None:
    assert judged(History().change(at=BEGAN)) == WRONG
    assert judged(History().change(at=NOW + timedelta(minutes=4))) == GOOD
    assert judged(History().change(at=NOW + timedelta(minutes=6))) == WRONG


def test_attack_150_a_key_that_was_taken_out_speaks_for_an_older_version() -> None:
    history = History()
    did = history.did
    old = history.entries[0]["versionId"]
    history.change(document(did, issuer(12)))
    assert judged(history) == WRONG
    assert judged(history, query=f"?versionId={old}") == WRONG
    assert judged(history, query=f"?versionId={old}", by=issuer(12)) == WRONG
    assert judged(history, by=issuer(12)) == GOOD


def test_attack_151_witnesses_who_did_not_sign() -> None:
    named = [{"id": f"did:key:{multikey(one)}"} for one in WITNESSES]
    history = History(parameters={"witness": {"threshold": 2, "witnesses": named}}).change()
    url = history.url.replace("did.jsonl", "did-witness.json")

    def seen(*proofs: dict[str, Any]) -> Outcome:
        pages = {history.url: history.log, url: json.dumps(proofs).encode()}
        return checked(Hosts(pages), history.badge()).outcome

    first, second = ({"versionId": entry["versionId"]} for entry in history.entries)
    both = [with_proof(second, one) for one in WITNESSES[:2]]
    assert seen(*both) is Outcome.PASSED
    assert judged(history)[0] is Outcome.UNKNOWN  # nothing there
    assert seen() is Outcome.UNKNOWN
    assert seen(both[0], both[0]) is Outcome.UNKNOWN
    assert seen(both[0], with_proof(second, STRANGER)) is Outcome.UNKNOWN
    assert seen(both[0], with_proof(first, WITNESSES[1])) is Outcome.UNKNOWN
    assert seen(both[0], both[1] | {"proof": with_proof(first, WITNESSES[1])["proof"]}) is Outcome.UNKNOWN
    later = {"versionId": "3-QmNobodyPublishedThis"}
    assert seen(*[with_proof(later, one) for one in WITNESSES]) is Outcome.UNKNOWN
    assert seen(*[with_proof(first, one) for one in WITNESSES]) is Outcome.UNKNOWN
    assert seen(*both, {"versionId": 7}, {"versionId": later["versionId"], "proof": 7}) is Outcome.PASSED


@pytest.mark.parametrize(
    ("threshold", "names"),
    [(0, [0]), (2, [0]), (2, [0, 0]), (True, [0]), (1, [])],
)
def test_attack_151_witnesses_of_whom_none_need_sign(threshold: int, names: list[int]) -> None:
    named = [{"id": f"did:key:{multikey(WITNESSES[name])}"} for name in names]
    history = History(parameters={"witness": {"threshold": threshold, "witnesses": named}})
    assert judged(history) == WRONG


def test_attack_151_witnesses_are_not_put_away_by_the_entry_that_needs_them() -> None:
    named = [{"id": f"did:key:{multikey(WITNESSES[0])}"}]
    history = History(parameters={"witness": {"threshold": 1, "witnesses": named}}).change(
        None, {"witness": {}}
    )
    url = history.url.replace("did.jsonl", "did-witness.json")
    first, second = ({"versionId": entry["versionId"]} for entry in history.entries)
    for signed, outcome in ((first, Outcome.UNKNOWN), (second, Outcome.PASSED)):
        pages = {history.url: history.log, url: json.dumps([with_proof(signed, WITNESSES[0])]).encode()}
        assert checked(Hosts(pages), history.badge()).outcome is outcome


def test_a_did_that_was_deactivated_proves_nothing_and_is_not_taken_up_again() -> None:
    history = History().change(None, {"deactivated": True})
    assert judged(history) == WRONG
    assert judged(history.change(None, {"deactivated": False})) == WRONG


def test_a_did_that_moved_is_known_by_each_of_its_names() -> None:
    history = History()
    old = history.did
    new = old.replace("school.example", "college.example")
    history.change(document(new, alsoKnownAs=[old]))
    pages = {log_at(HOST): history.log, log_at("did:web:college.example"): history.log}
    for did in (old, new):
        assert checked(Hosts(pages), history.badge(of=did)).outcome is Outcome.PASSED


def test_keys_that_kept_a_former_name_are_neither_good_nor_false() -> None:
    """did:webvh 1.0 does not say whether methods follow a DID that moves; stacks leave them as they were."""
    history = History()
    old = history.did
    new = old.replace("school.example", "college.example")
    (method,) = document(old)["verificationMethod"]
    renamed = method | {"id": f"{new}#{multikey(KEY)}"}
    for methods, listed in (
        ([method], [method["id"]]),
        ([method], [f"{new}#{multikey(KEY)}"]),
        ([renamed], [renamed["id"]]),
        ([renamed | {"controller": new}], [method["id"]]),
        ([], [method]),
    ):
        moved = History()
        state = {"alsoKnownAs": [old], "verificationMethod": methods, "assertionMethod": listed}
        moved.change(document(new, KEY) | state)
        hosts = Hosts({log_at("did:web:college.example"): moved.log, log_at(HOST): moved.log})
        signed = moved.badge(of=new)
        former = moved.badge(of=old)
        former["issuer"] = former["issuer"] | {"id": new}
        about = {"@context": [V2], "type": ["VerifiableCredential"], "credentialSubject": {"id": "urn:a"}}
        for kid in (f"{new}#{multikey(KEY)}", f"{old}#{multikey(KEY)}", f"#{multikey(KEY)}", multikey(KEY)):
            header = {"typ": "vc+jwt", "alg": "EdDSA", "kid": kid}
            text = token_issuer(seed=11).forge(header, {**about, "issuer": new})
            proof = verifier().verify_secured(text, now=NOW, resolvers=hosts.resolvers).result.check("proof")
            assert proof is not None
            assert (proof.outcome, proof.code) == OPEN, (methods, listed, kid, proof.reason)
        for credential in (signed, former):
            found = checked(hosts, credential)
            assert (found.outcome, found.code) == OPEN, (methods, listed, found.reason)
        assert checked(hosts, moved.badge(of=new, by=STRANGER)).outcome is not Outcome.PASSED


def test_a_did_moves_only_where_it_is_portable_and_says_its_former_name() -> None:
    for parameters, also in (({"portable": False}, True), ({}, False)):
        history = History(parameters=parameters)
        old = history.did
        moved = document(old.replace("school", "college"))
        history.change(moved | {"alsoKnownAs": [old]} if also else moved)
        assert judged(history, of=old) == WRONG
    late = History(parameters={"portable": False}).change(None, {"portable": True})
    assert judged(late) == WRONG


def test_methods_may_name_the_version_they_mean() -> None:
    history = three()
    second = history.entries[1]
    assert judged(history, query=f"?versionId={second['versionId']}") == GOOD
    assert judged(history, query="?versionNumber=2") == GOOD
    assert judged(history, query=f"?versionTime={second['versionTime']}") == GOOD
    assert judged(history, query="?versionTime=2020-01-01T00:00:00Z") == WRONG
    assert judged(history, query="?versionNumber=9") == WRONG
    assert judged(history, query="?service=files") == OPEN


def test_tokens_may_name_the_version_they_mean() -> None:
    history, key = three(), token_issuer(seed=11)
    added = history.change(document(history.did, KEY, STRANGER)).did
    hosts = Hosts({history.url: history.log})

    def judge(kid: str, by: TokenIssuer = key) -> tuple[Outcome, str]:
        about = {"@context": [V2], "type": ["VerifiableCredential"], "credentialSubject": {"id": "urn:a"}}
        token = by.forge({"typ": "vc+jwt", "alg": "EdDSA", "kid": kid}, {**about, "issuer": history.did})
        proof = verifier().verify_secured(token, now=NOW, resolvers=hosts.resolvers).result.check("proof")
        assert proof is not None
        return proof.outcome, proof.code

    own, strangers = f"#{multikey(KEY)}", f"#{multikey(STRANGER)}"
    for query in ("versionNumber=2", f"versionId={history.entries[1]['versionId']}"):
        assert judge(f"{added}?{query}{own}") == judge(f"{added}?{query}") == GOOD
        assert judge(f"{added}?{query}{strangers}", token_issuer(seed=66)) == WRONG
    assert judge(f"{added}?versionNumber=4{strangers}", token_issuer(seed=66)) == GOOD
    assert judge(f"{added}?versionNumber=9{own}") == WRONG
    assert judge(f"{added}?service=files{own}") == OPEN
    assert judge(f"{added.replace('school', 'college')}?versionNumber=2{own}") == OPEN
    assert judge(f"{added.replace('did:webvh:Qm', 'did:webvh:Qa')}?versionNumber=2{own}") == WRONG


def test_a_presentation_that_names_no_holder_may_name_a_version_of_theirs() -> None:
    history = three()
    state = history.entries[-1]["state"]
    history.change(state | {"authentication": state["assertionMethod"]})
    method = f"{history.did}?versionNumber=4#{multikey(KEY)}"
    shown = {"@context": [V2], "type": ["VerifiablePresentation"]}
    signed = add_proof(
        shown,
        suite=suite(),
        signer=KEY.signer,
        verification_method=method,
        created=NOW,
        purpose="authentication",
    )
    token = token_issuer(seed=11).forge({"typ": "vp+jwt", "alg": "EdDSA", "kid": method}, shown)
    for presented in (signed, token):
        resolvers = Hosts({history.url: history.log}).resolvers
        found = verify_presentation(verifier(), presented, now=NOW, resolvers=resolvers)
        assert found.holder == history.did, found.result.checks


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("127.0.0.1", "verification-method"),
        ("127%2E0%2E0%2E1", "unsupported-proof"),
        ("school.example:..:..", "verification-method"),
        ("school.example:%2e%2e", "verification-method"),
        ("school.example%3a8443", "unsupported-proof"),
        ("localhost", "unsupported-proof"),
        ("School.example", "unsupported-proof"),
        ("school_1.example", "unsupported-proof"),
        ("school.example:a%20b", "unsupported-proof"),
        ("", "verification-method"),
        ("school.example%3A8443", "unsupported-proof"),
    ],
)
def test_attack_55_a_did_whose_log_would_lie_elsewhere(place: str, code: str) -> None:
    history = three()
    did = history.did.replace("school.example", place)
    hosts = Hosts({history.url: history.log})
    assert checked(hosts, history.badge(of=did)).code == code
    assert hosts.asked == []


def test_another_version_of_the_method_is_not_understood_and_not_false() -> None:
    assert judged(History(parameters={"method": "did:webvh:0.5"})) == OPEN
    weighed = {"id": f"did:key:{multikey(WITNESSES[0])}", "weight": 1}
    assert judged(History(parameters={"witness": {"threshold": 1, "witnesses": [weighed]}})) == OPEN


def test_unused_hashes_and_keys_are_allowed() -> None:
    hashes = [key_hash(multikey(UPDATE[1])), "QmAnything"]
    assert judged(History(parameters={"nextKeyHashes": hashes}).change()) == GOOD
