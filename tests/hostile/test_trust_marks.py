"""Trust marks of OpenID Federation 1.0 (sections 7 and 8.4; found H8), and those that only look like one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from credserv.fetch.calling import Answer
from credserv.ground.errors import UnavailableError
from credserv.ground.verification import Outcome
from credserv.journeys.trust import refresh as trust_lists
from credserv.journeys.trust.lists import judge_issuer
from credserv.verifying.federation import WELL_KNOWN, find_issuer
from credserv.verifying.trust_marks import Mark, MarkState
from tests.testkit.federation import ANCHOR, AT, LEAF, MIDDLE, Federation, small_federation
from tests.testkit.proofs import NOW
from tests.testkit.service import make_service
from tests.testkit.verifying import Hosts

KIND = "https://marks.example/accredited"
OWNER, STRANGER = "https://owner.example", "https://stranger.example"
STATUS = f"{MIDDLE}/mark-status"


def mark(made: Federation, **changes: Any) -> str:
    claims = {"sub": LEAF, "trust_mark_type": KIND, "exp": AT + 600, **changes}
    return made.token("trust-mark+jwt", by=claims.pop("by", MIDDLE), **claims)


def marked(made: Federation, token: object = None, *, issuers: object = (MIDDLE,), **top: Any) -> Federation:
    """The federation, in which the school shows the mark and its anchor says who may issue it."""
    listed = list(issuers) if isinstance(issuers, tuple) else issuers
    made.entity(ANCHOR, org="Anchor Association", trust_mark_issuers={KIND: listed}, **top)
    shown = [{"trust_mark_type": KIND, "trust_mark": mark(made) if token is None else token}]
    made.entity(LEAF, (MIDDLE,), org="Example School", trust_marks=shown)
    return made


def asked_at_issuer(made: Federation) -> Federation:
    own = {"federation_fetch_endpoint": f"{MIDDLE}/fetch", "federation_trust_mark_status_endpoint": STATUS}
    made.entity(MIDDLE, (ANCHOR,), metadata={"federation_entity": own})
    return made


def answer(made: Federation, status: object = "active", **changes: Any) -> Callable[[str, bytes], bytes]:
    """What the issuer's endpoint says of whatever it is asked about."""

    def send(url: str, form: bytes) -> bytes:
        assert url == STATUS
        asked = parse_qs(form.decode())["trust_mark"][0]
        claims = {"trust_mark": asked, "status": status, **changes}
        by = claims.pop("by", MIDDLE)
        return made.token("trust-mark-status-response+jwt", by=by, **claims).encode()

    return send


def judged(made: Federation, send: Any = None) -> Mark:
    found = find_issuer(LEAF, ANCHOR, Hosts(dict(made.pages)), NOW, send=send)
    assert found is not None, "no mark takes an issuer out of its federation"
    (only,) = found.marks
    assert only.kind == KIND
    return only


def test_found_h8_a_trust_mark_is_verified() -> None:
    found = judged(marked(small_federation()))
    assert (found.state, found.by, found.owner, found.asked) == (MarkState.VERIFIED, MIDDLE, "", False)
    assert found.ends == datetime.fromtimestamp(AT + 600, UTC)


def test_found_h8_what_was_found_does_not_outlive_a_mark() -> None:
    found = find_issuer(LEAF, ANCHOR, Hosts(dict(marked(small_federation()).pages)), NOW)
    assert found is not None
    assert found.expires.timestamp() == AT + 600


def test_found_h8_the_anchor_itself_and_the_entity_itself_issue_marks() -> None:
    made = small_federation()
    assert judged(marked(made, mark(made, by=ANCHOR), issuers=(ANCHOR,))).by == ANCHOR
    assert judged(marked(made, mark(made, by=LEAF), issuers=())).by == LEAF


def test_found_h8_an_issuer_that_can_be_asked_is_asked() -> None:
    made = marked(asked_at_issuer(small_federation()))
    found = judged(made, answer(made))
    assert (found.state, found.asked) == (MarkState.VERIFIED, True)


def delegated(made: Federation, **changes: Any) -> Federation:
    claims = {"sub": MIDDLE, "trust_mark_type": KIND, "by": OWNER, **changes}
    made.entity(OWNER)
    header = claims.pop("header", None)
    delegation = made.token("trust-mark-delegation+jwt", by=claims.pop("by"), header=header, **claims)
    owners = {KIND: {"sub": OWNER, "jwks": {"keys": [made.jwk(OWNER)]}}}
    return marked(made, mark(made, delegation=delegation), trust_mark_owners=owners)


def test_found_h8_an_owner_lets_another_issue_its_marks() -> None:
    found = judged(delegated(small_federation(), exp=AT + 60))
    assert (found.state, found.by, found.owner) == (MarkState.VERIFIED, MIDDLE, OWNER)
    assert found.ends is not None
    assert found.ends.timestamp() == AT + 60


def _forge(made: Federation, what: str) -> Any:
    """Changes the federation; returns how its issuer answers, where it is asked."""
    made.entity(STRANGER)
    match what:
        case "refused: signed by another under the issuer's name":
            forged = made.token(
                "trust-mark+jwt", by=STRANGER, iss=MIDDLE, sub=LEAF, trust_mark_type=KIND,
                header={"kid": made.jwk(MIDDLE)["kid"]},
            )  # fmt: skip
            marked(made, forged)
        case "refused: by a key that its superior does not state":
            marked(made, mark(made, header={"kid": "key-of-other"}))
        case "refused: of another entity":
            marked(made, mark(made, sub="https://other.example"))
        case "refused: of another type":
            marked(made, mark(made, trust_mark_type="https://marks.example/lesser"))
        case "refused: expired":
            marked(made, mark(made, exp=AT - 1))
        case "refused: from tomorrow":
            marked(made, mark(made, iat=AT + 86_400))
        case "refused: without a date":
            marked(made, mark(made, iat=None))
        case "refused: by who may not issue it":
            marked(made, issuers=(ANCHOR,))
        case "refused: self-issued where others are named":
            marked(made, mark(made, by=LEAF))
        case "refused: an entity statement in its place":
            marked(made, made.pages[MIDDLE + WELL_KNOWN].decode())
        case "refused: no token":
            marked(made, 7)
        case "refused: a shared secret":
            marked(made, mark(made, header={"alg": "HS256"}))
        case "not checked: an algorithm that is not known here":
            marked(made, mark(made, header={"alg": "XS999"}))
        case "not checked: a type that the anchor does not know":
            marked(made, issuers=None)
        case "not checked: an issuer outside the federation":
            marked(made, mark(made, by=STRANGER), issuers=())
        case "not checked: an issuer that is away":
            marked(made, mark(made, by=STRANGER), issuers=(STRANGER,))
            del made.pages[STRANGER + WELL_KNOWN]
        case "refused: a type with an owner and no delegation":
            owners = {KIND: {"sub": OWNER, "jwks": {"keys": [made.jwk(STRANGER)]}}}
            marked(made, trust_mark_owners=owners)
        case "refused: delegated to another":
            delegated(made, sub=ANCHOR)
        case "refused: delegated by another":
            delegated(made, iss=STRANGER)
        case "refused: another type delegated":
            delegated(made, trust_mark_type="https://marks.example/lesser")
        case "refused: delegated once":
            delegated(made, exp=AT - 1)
        case "refused: delegation signed by another":
            delegated(made, by=STRANGER, iss=OWNER, header={"kid": f"key-of-{OWNER}"})
        case "not checked: an owner without keys":
            marked(made, trust_mark_owners={KIND: {"sub": OWNER}})
        case "refused: revoked":
            return answer(marked(asked_at_issuer(made)), "revoked")
        case "refused: invalid":
            return answer(marked(asked_at_issuer(made)), "invalid")
        case "not checked: a status that is not known":
            return answer(marked(asked_at_issuer(made)), "dormant")
        case "not checked: a status that is no word":
            return answer(marked(asked_at_issuer(made)), ["active"])
        case "not checked: nobody was asked":
            marked(asked_at_issuer(made))
        case "not checked: active, signed by another":
            return answer(marked(asked_at_issuer(made)), by=STRANGER, iss=MIDDLE)
        case "not checked: active, of another mark":
            return answer(marked(asked_at_issuer(made)), trust_mark="e30.e30.AA")
        case "not checked: active, by another issuer":
            return answer(marked(asked_at_issuer(made)), iss=ANCHOR)
        case "not checked: active two days ago":
            return answer(marked(asked_at_issuer(made)), iat=AT - 2 * 86_400)
        case "not checked: an answer that is none":
            marked(asked_at_issuer(made))
            return lambda _url, _form: b'{"active": true}'
        case "not checked: no answer":
            marked(asked_at_issuer(made))

            def away(_url: str, _form: bytes) -> bytes:
                raise UnavailableError("the host did not answer in time")

            return away
        case _:
            raise AssertionError(what)
    return None


FORGED = re.findall(r'^        case "([^"]+)":', Path(__file__).read_text(), re.MULTILINE)


@pytest.mark.parametrize("what", FORGED)
def test_found_h8_no_trust_mark_is_shown_as_verified(what: str) -> None:
    made = small_federation()
    send = _forge(made, what)
    found = judged(made, send)
    assert found.state.value == what.partition(":")[0], found.why
    assert (found.by, bool(found.why)) == ("", True)


def test_attack_54_trust_marks_cost_a_bounded_number_of_fetches() -> None:
    """Whoever is asked about names marks and their issuers: none that the anchor does not know is asked."""
    made, strangers = small_federation(), [f"https://s{number}.example" for number in range(40)]
    shown = [{"trust_mark_type": f"{KIND}/{number}", "trust_mark": "x"} for number in range(40)]
    made.entity(ANCHOR, trust_mark_issuers={})
    made.entity(LEAF, (MIDDLE,), org="Example School", trust_marks=shown)
    hosts = Hosts(dict(made.pages))
    found = find_issuer(LEAF, ANCHOR, hosts, NOW)
    assert found is not None
    assert (len(found.marks), len(hosts.asked)) == (8, 5)
    made.entity(ANCHOR, trust_mark_issuers={f"{KIND}/{number}": [] for number in range(40)})
    for name in strangers:
        made.entity(name, tuple(f"{name}/{number}" for number in range(9)))
    named = [(f"{KIND}/{number}", name) for number, name in enumerate(strangers)]
    shown = [
        {"trust_mark_type": kind, "trust_mark": mark(made, by=name, trust_mark_type=kind)}
        for kind, name in named
    ]
    made.entity(LEAF, (MIDDLE,), org="Example School", trust_marks=shown)
    hosts = Hosts(dict(made.pages))
    found = find_issuer(LEAF, ANCHOR, hosts, NOW)
    assert found is not None
    assert {one.state for one in found.marks} == {MarkState.NOT_CHECKED}
    assert len(hosts.asked) <= 28


def test_found_h8_a_verdict_tells_trust_marks_as_what_they_are(tmp_path: Path) -> None:
    made = marked(asked_at_issuer(small_federation()))
    service = make_service(
        f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=Hosts(dict(made.pages)), starters=False
    )
    sent: list[str] = []

    class Issuer:
        def call(self, url: str, **how: Any) -> Answer:
            sent.append(how["headers"]["Content-Type"])
            return Answer(200, {}, answer(made)(url, how["content"]))

    services, now = replace(service.services, caller=Issuer()), service.clock.now
    url = ANCHOR + WELL_KNOWN
    trust_lists.subscribe(services, "", name="Federation", url=url, actor="test", now=now)
    check = judge_issuer(services, LEAF, "", now).check
    assert check.outcome is Outcome.PASSED
    assert check.reason.endswith("Its trust marks: 1 verified.")
    assert check.data["marks_verified"] == (
        f"{KIND} (by {MIDDLE}, until 2026-03-14T09:36:53Z, its issuer says it still stands)"
    )
    assert sent == ["application/x-www-form-urlencoded"]
