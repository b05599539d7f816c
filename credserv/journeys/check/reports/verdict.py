"""From the checks to one statement: what was found, how it looks and what to do next, for every reader.

This module decides nothing that the checks did not. The wording distinguishes: genuine and valid; the same by
an issuer on no list; genuine but expired, suspended or revoked; not genuine; and *could not be established*,
which is none of these and has its own look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from credserv.ground.verification import Check, Outcome, Verdict
from credserv.journeys.check.check import Checked, Kind
from credserv.journeys.check.reports.advice import PRESENT_ANEW, SANDBOX, confirm_issuer, next_step
from credserv.journeys.check.reports.statement import (
    LABELS,
    NOT_READABLE,
    STANDINGS,
    TITLES,
    UNREADABLE,
    UNSETTLED,
    Statement,
    Tone,
    dated,
)
from credserv.openbadges.structure import ACHIEVEMENT_TYPES, types_of
from credserv.records.credentials import CredentialState

_BADGES = ACHIEVEMENT_TYPES | {"EndorsementCredential", "ClrCredential"}
_OF_FORM = ("validity", "structure", "schema", "subject")  # reported apart from what speaks against it
_THINGS = {Kind.PRESENTATION: "a presentation", Kind.ASSERTION: "an Open Badges 2.0 assertion"}
_ASK_THE_PERSON = "To know whether it is a certain person's, check it again with their e-mail address or DID."
# Why a proof fails, where that can be said simply.
_UNPROVEN = {
    "missing-proof": "It carries no signature, so nothing proves what it says.",
    "verification-method": "It was not signed with a key of the {signer} it names.",
    "invalid-signature": "Not genuine: its signature does not hold.",
    "redefined-term": "It gives known words another meaning, so its signature proves nothing.",
    "certificate-revoked": "The certificate of its key was revoked, so its signature proves nothing.",
    "malformed-proof": "What secures it is not in order, so it proves nothing.",
    "proof-time": "Its signature holds, but does not count at this time.",
    "other-occasion": "It was presented to somebody else, or before.",
}


def build_statement(checked: Checked) -> Statement:
    """Return what a reader sees first, derived from the checks alone."""
    if not checked.established:
        return _unproven(checked)
    failed = _required(checked, Outcome.FAILED)
    if failed:
        return _genuine_but(checked, failed)
    missing = _required(checked, Outcome.UNKNOWN)
    if missing:
        return _not_established(checked, missing[0])
    return _presented(checked) if checked.kind is Kind.PRESENTATION else _in_force(checked)


def count_within(within: Sequence[Checked]) -> str:
    """Return `2 credentials: both verified` or `3 credentials: 2 verified; 1 not verified`."""
    if not within:
        return "no credential in it"
    found = Counter(LABELS[item.verdict].lower() for item in within)
    things = f"{len(within)} credential{'s' if len(within) > 1 else ''}"
    if len(found) == 1:
        all_of_them = {1: "", 2: "both "}.get(len(within), "all ")
        return f"{things}: {all_of_them}{next(iter(found))}"
    ordered = [label.lower() for label in LABELS.values() if label.lower() in found]
    return f"{things}: " + "; ".join(f"{found[label]} {label}" for label in ordered)


# --- genuine ------------------------------------------------------------------------------------


def _in_force(checked: Checked) -> Statement:
    by = _issued_by(checked)
    detail = f"It holds {count_within(checked.within)}." if checked.within else ""
    if checked.verdict is Verdict.VERIFIED:
        asked = checked.result.check("recipient")
        step = "" if asked is not None and asked.outcome is Outcome.PASSED else _ASK_THE_PERSON
        detail = " ".join(filter(None, (_source_of_name(checked), detail)))
        return Statement(Tone.GOOD, "check", f"Genuine and in force: {by}", detail, step)
    sentence = "Genuine and in force, but who its issuer is was not established."
    detail = " ".join(filter(None, (f"It was {by}", detail)))
    step = confirm_issuer(checked.head.issuer_id, checked.issuer)
    return Statement(Tone.SIGNED, "seal", sentence, detail, step)


def _source_of_name(checked: Checked) -> str:
    """Return whose word the issuer's name is; nothing for our own."""
    trusted = checked.result.check("issuer_trusted")
    listed = trusted.data.get("list") if trusted is not None else None
    return f"The issuer is called so in the list “{listed}”." if listed else ""


def _presented(checked: Checked) -> Statement:
    sentence = f"Presented by the holder of {_short(checked.holder)}, with {count_within(checked.within)}."
    if not checked.within:
        return Statement(
            Tone.SIGNED, "seal", sentence, next_step="Ask the holder which credential they meant."
        )
    known = checked.verdict is Verdict.VERIFIED
    step = "Read each credential below." + ("" if known else " Check that its issuer is whom you expect.")
    return Statement(Tone.GOOD if known else Tone.SIGNED, "check" if known else "seal", sentence, "", step)


def _genuine_but(checked: Checked, failed: Sequence[Check]) -> Statement:
    """Return the most serious failure in words."""
    codes = {check.code: check for check in failed if check.name in ("status", "validity")}
    own = checked.own
    since = f" on {dated(own.changed_at)}" if own is not None and own.changed_at is not None else ""
    suspended = own is not None and own.state is CredentialState.SUSPENDED
    if any(check.code == "sandbox" for check in failed):
        sentence = "Genuinely signed, but issued in a sandbox for trying out: it proves nothing."
        return _standing("sandbox", sentence, "", SANDBOX)
    if "suspended" in codes or ("revoked" in codes and suspended):
        sentence = f"Genuine, but suspended by its issuer{since}."
        step = next_step(Check("status", Outcome.FAILED, "", code="suspended"), _whom_to_ask(checked))
        return _standing("suspended", sentence, "", step)
    if "revoked" in codes:
        sentence = f"Genuine, but revoked by its issuer{since}."
        step = next_step(codes["revoked"], _whom_to_ask(checked))
        return _standing("revoked", sentence, "", step)
    first = next((check for check in failed if check.name not in _OF_FORM), None)
    if first is not None:
        return _speaks_against(checked, first)
    return _out_of_time_or_form(checked, failed, codes)


def _standing(word: str, sentence: str, detail: str, step: str) -> Statement:
    return Statement(*STANDINGS[word], sentence, detail, step, word.capitalize())


def _speaks_against(checked: Checked, check: Check) -> Statement:
    label, detail = "", check.reason
    if check.name == "credential" and checked.kind is Kind.PRESENTATION:
        label, sentence = (
            "Not wholly verified",
            "Presented by its holder, but not everything in it is verified.",
        )
        detail = f"It comes with {count_within(checked.within)}."
    elif check.name == "credential":
        label, sentence = (
            "Not wholly verified",
            "Genuinely signed, but not every credential in it is verified.",
        )
        detail = f"It holds {count_within(checked.within)}."
    elif check.name == "issued_here":
        sentence = "Signed with a key of this service, but not issued by it."
    elif check.name == "recipient":
        label, sentence = "Not this person’s", "Genuine, but not about the person that you asked for."
    elif check.name == "holder":
        label, sentence = "Not presented by its holder", "Genuine, but not presented to you by its holder."
    elif check.name == "resources":
        label, sentence = "A file was changed", "Genuinely signed, but a file that belongs to it was changed."
    elif check.name == "status":
        label = "Not to be relied on"
        sentence = "Genuinely signed, but nothing reliable says whether it still stands."
    else:
        label, sentence = "Not in order", f"Genuinely signed, but its {_title(check)} does not hold."
    return Statement(Tone.BAD, "cross", sentence, detail, next_step(check, _whom_to_ask(checked)), label)


def _out_of_time_or_form(checked: Checked, failed: Sequence[Check], codes: dict[str, Check]) -> Statement:
    head, issuer = checked.head, _whom_to_ask(checked)
    if "expired" in codes and head.valid_until is not None:
        sentence, step = f"Genuine, expired on {dated(head.valid_until)}.", codes["expired"]
        detail = f"It was {_issued_by(checked)}"
        return _standing("expired", sentence, detail, next_step(step, issuer))
    if "not-yet-valid" in codes and head.valid_from is not None:
        sentence, step = f"Genuine, in force only from {dated(head.valid_from)}.", codes["not-yet-valid"]
        detail = f"It was {_issued_by(checked, with_day=False)}"
        return _standing("not yet valid", sentence, detail, next_step(step, issuer))
    form = "presentations have" if checked.kind is Kind.PRESENTATION else _form_of(checked)
    sentence = f"Genuinely signed and unchanged, but not in the form that {form}."
    step_to_take = next_step(failed[0], issuer)
    return Statement(
        Tone.ATTENTION, "info", sentence, failed[0].reason, step_to_take, "Not in the standard’s form"
    )


def _form_of(checked: Checked) -> str:
    kinds = types_of(checked.credential)
    is_badge = checked.kind is Kind.ASSERTION or not kinds.isdisjoint(_BADGES)
    return "Open Badges asks for" if is_badge else "verifiable credentials have"


def _not_established(checked: Checked, missing: Check) -> Statement:
    if missing.name == "credential":
        opening = "Presented by its holder" if checked.kind is Kind.PRESENTATION else "Genuine and unchanged"
        sentence = f"{opening}, but not everything in it could be checked."
        detail = f"It comes with {count_within(checked.within)}."
    elif missing.name == "recipient":
        sentence = "Genuine, but whether it is about the person that you asked for could not be checked."
        detail = missing.reason
    else:
        sentence = f"Genuine and unchanged, but its {_title(missing)} could not be checked."
        detail = missing.reason
    return Statement(Tone.UNKNOWN, "question", sentence, detail, next_step(missing, _whom_to_ask(checked)))


# --- not proven ---------------------------------------------------------------------------------


def _unproven(checked: Checked) -> Statement:
    """Return the statement when nothing in the document was established; it uses no name from it."""
    result, failed = checked.result, _required(checked, Outcome.FAILED)
    proof, missing = result.check("proof"), _required(checked, Outcome.UNKNOWN)
    if missing and not failed:
        open_one = proof if proof in missing else missing[0]
        return Statement(Tone.UNKNOWN, "question", UNSETTLED, open_one.reason, next_step(open_one, ""))
    withdrawn = result.check("status")
    if withdrawn is not None and withdrawn.code == "revoked":
        sentence = "Revoked: it was withdrawn from where its issuer kept it."
        return _standing("revoked", sentence, withdrawn.reason, next_step(withdrawn, ""))
    first = next(iter(failed), proof)
    if first is None or first.name == "parse":
        reason = first.reason if first is not None else ""
        check = first or Check("parse", Outcome.FAILED, "")
        return Statement(Tone.BAD, "cross", UNREADABLE, reason, next_step(check, ""), NOT_READABLE)
    # A broken signature is worse than a broken structure, and without a structure
    # nothing can be said of a proof.
    decisive = proof if proof is not None and proof.code in _UNPROVEN else first
    if decisive.name == "proof":
        said = _UNPROVEN.get(decisive.code, "Its signature cannot be accepted.")
        signer = "holder" if checked.kind is Kind.PRESENTATION else "issuer"
        sentence = said.format(signer=signer)
    else:
        sentence = f"This cannot be accepted as {_THINGS.get(checked.kind, 'a credential')}."
    anew = checked.kind is Kind.PRESENTATION and decisive.name == "proof"
    step = PRESENT_ANEW if anew else next_step(decisive, "")
    return Statement(Tone.BAD, "cross", sentence, decisive.reason, step)


# --- words --------------------------------------------------------------------------------------


def _required(checked: Checked, outcome: Outcome) -> list[Check]:
    checks = (*checked.result.checks, *checked.result.policy)
    return [check for check in checks if check.required and check.outcome is outcome]


def _title(check: Check) -> str:
    return TITLES.get(check.name, check.name.replace("_", " ")).lower()


def _issued_by(checked: Checked, *, with_day: bool = True) -> str:
    """Return what the proof proves: for a signature, that nothing was changed; for a
    host, that it serves this now.
    """
    issued = checked.head.valid_from
    since = f" on {dated(issued)}" if issued and with_day else ""
    proof = checked.result.check("proof")
    hosted = proof is not None and proof.data.get("method") == "hosted"
    tail = "; its own host serves it now" if hosted else ", and not changed since"
    return f"issued by {checked.issuer}{since}{tail}."


def _whom_to_ask(checked: Checked) -> str:
    """Return the issuer's name; a key has none, and nobody can be contacted by it."""
    return "" if checked.issuer.startswith("the holder of the key ") else checked.issuer


def _short(identifier: str) -> str:
    """Shorten a did:key, which is too long for a sentence; the report shows it in full below."""
    return identifier if len(identifier) <= 48 else f"{identifier[:24]}…"
