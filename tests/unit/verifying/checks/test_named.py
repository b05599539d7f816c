"""Resources, newer versions and documents seen before: what each is told by, and where each ends."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome
from credserv.verifying.checks.document_memory import (
    MAX_BYTES,
    MAX_DOCUMENTS,
    DocumentMemory,
    Fitting,
    content_digest,
    content_of,
)
from credserv.verifying.checks.proof import Secured
from credserv.verifying.checks.refresh import find_newer, not_refreshed, skip_refresh
from credserv.verifying.checks.resources import check_resources, names_any
from credserv.verifying.fetch_budget import FetchAllowance
from tests.testkit.proofs import suites
from tests.testkit.verifying import Hosts
from tests.unit.verifying.checks.test_resources import CONTENT, URL, multibase, sri

# --- resources ------------------------------------------------------------------------------------

GOOD = {"id": URL, "digestSRI": sri(CONTENT)}


def resources(document: dict[str, Any], hosts: Hosts | None = None) -> tuple[Check, ...]:
    found = check_resources(document, fetch=hosts or Hosts({URL: CONTENT}), content_of=lambda _: None)
    assert names_any(document) is bool(found)
    return found


@pytest.mark.parametrize(
    "item",
    [
        {"id": 7, "digestSRI": sri(CONTENT)},
        {"id": URL},
        {"id": URL, "digestSRI": "sha256-"},
        {"id": URL, "digestSRI": sri(CONTENT), "digestMultibase": 7},
    ],
)
def test_what_cannot_be_compared_is_not_asked_for(item: dict[str, Any]) -> None:
    hosts = Hosts({URL: CONTENT})
    (check,) = resources({"relatedResource": item}, hosts)
    assert (check.outcome, check.code, check.required) == (Outcome.UNKNOWN, "unreadable-digest", False)
    assert (dict(check.data), hosts.asked) == ({"kind": "relatedResource"}, [])


def test_where_resources_stand() -> None:
    assert resources({}) == resources({"relatedResource": ["text", 7]}) == ()
    image = {"image": GOOD}
    subject = {"achievement": [image, "text", {"image": URL}, {"image": {"id": URL}}]}
    document = {**image, "issuer": image, "credentialSubject": [subject], "relatedResource": [GOOD]}
    found = resources(document)
    assert [check.data["kind"] for check in found] == ["relatedResource", "image", "image", "image"]
    by_other = {"image": {"id": URL, "digestMultibase": multibase(CONTENT)}}
    assert [check.outcome for check in resources(by_other)] == [Outcome.PASSED]


@pytest.mark.parametrize(("count", "codes"), [(8, [""] * 8), (9, [*[""] * 8, "too-large"])])
def test_eight_resources_are_looked_at(count: int, codes: list[str]) -> None:
    found = resources({"relatedResource": [GOOD] * count})
    assert [check.code for check in found] == codes
    if count == 9:
        assert (found[-1].data, found[-1].required) == ({"resources": 9}, False)


# --- newer versions -------------------------------------------------------------------------------

SERVICE = "https://badges.example/refresh/1"
KIND = "1EdTechCredentialRefresh"
OLD: dict[str, Any] = {
    "id": "https://badges.example/c/1",
    "issuer": "did:example:1",
    "validFrom": "2026-03-14T09:00:00Z",
    "refreshService": [{"id": "urn:other", "type": "Other"}, "text", {"id": SERVICE, "type": [KIND]}],
}
NEW = OLD | {"validFrom": "2026-03-14T09:00:01Z"}


def newer(page: Any, ours: bytes | None = None, old: dict[str, Any] = OLD) -> tuple[Any, Check]:
    return find_newer(old, fetch=Hosts({SERVICE: page}), own_newest=lambda _: ours, opener=_open)


def _open(value: Any) -> Secured:
    return Secured(value if isinstance(value, dict) else {})


def test_where_no_newer_version_is_looked_for() -> None:
    none = skip_refresh({}, allowed=True)
    assert none is not None
    assert (none.outcome, none.reason) == (Outcome.SKIPPED, "It names no place for a newer version.")
    within = skip_refresh(OLD, allowed=False)
    assert within is not None
    assert (within.outcome, within.reason) == (Outcome.SKIPPED, "It is judged as it stands here.")
    assert skip_refresh(OLD, allowed=True) is None
    assert not_refreshed("so it is").reason.endswith("without a newer version: so it is.")


def test_a_later_one_of_the_same_credential_is_newer() -> None:
    found, check = newer(NEW)
    assert (found, check.outcome) == (NEW, Outcome.PASSED)
    assert check.data == {"service": SERVICE, "id": OLD["id"], "newerId": OLD["id"]}
    assert newer(OLD, b"[]")[0] is None
    assert newer(NEW, b"[]")[0] is None, "our own is not asked for over the network"
    assert newer(None, b'{"id": 7}')[1].code == "not-refreshed"
    same, check = newer(OLD)
    assert (same, check.outcome, check.reason) == (None, Outcome.PASSED, "Its issuer has no newer version.")
    escaped = NEW | {"id": " https://badges.example/%63/1"}
    assert newer(escaped)[0] == escaped


@pytest.mark.parametrize(
    "page",
    [
        OLD | {"validFrom": "2026-03-14T08:59:59Z"},
        {name: value for name, value in NEW.items() if name != "validFrom"},
        NEW | {"issuer": "did:example:2"},
        NEW | {"id": "https://badges.example/c/2"},
        NEW | {"id": 7},
        NEW | {"issuer": 7},
        b"\xff",
    ],
)
def test_what_is_not_is_told_with_why(page: Any) -> None:
    found, check = newer(page)
    assert (found, check.outcome, check.code) == (None, Outcome.UNKNOWN, "not-refreshed")
    assert check.data["service"] == SERVICE


def test_an_undated_credential_has_no_newer_one_and_another_service_is_not_asked() -> None:
    undated = {name: value for name, value in OLD.items() if name != "validFrom"}
    assert newer(NEW, old=undated)[0] is None
    for service in ({"id": 7, "type": KIND}, {"id": SERVICE, "type": "Other"}, []):
        found, check = newer(NEW, old=OLD | {"refreshService": service})
        assert (found, "not known here" in check.reason, dict(check.data)) == (None, True, {})


# --- what was seen before -------------------------------------------------------------------------


def test_a_document_that_was_asked_for_again_is_kept_longer() -> None:
    memory = DocumentMemory()
    first, second = memory.find(b"first"), memory.find(b"second")
    for number in range(MAX_DOCUMENTS - 2):
        memory.find(b"%d" % number)
    assert memory.find(b"first") is first
    memory.find(b"one more")
    assert memory.find(b"first") is first
    assert memory.find(b"second") is not second


def test_a_document_is_known_by_all_that_it_says_up_to_so_many_bytes() -> None:
    overhead = len(content_of({"a": ""}) or b"")
    longest = {"a": "x" * (MAX_BYTES - overhead)}
    assert len(content_of(longest) or b"") == MAX_BYTES
    assert content_digest(longest) is not None
    assert content_digest({"a": longest["a"] + "x"}) is None


class Counting:
    """A suite that notes what it is asked. good: whether proofs fit."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.good = True
        self.identifier, self.proof_type, self.key_types, self.signs = "x", "y", frozenset("z"), True

    def verify_proof(self, *asked: Any) -> None:
        self.asked.append(asked)
        if not self.good:
            raise ValueError("it does not fit")

    def create_proof(self, *asked: Any) -> Any:
        return {"made": asked}

    def require_contexts(self, document: Any) -> None:
        self.asked.append(document)


class Method:
    """A verification method with a key of its own."""

    def __init__(self, key: str) -> None:
        self.key = key


def test_what_fitted_a_key_once_is_not_tried_again_and_nothing_else_is_remembered() -> None:
    counting = Counting()
    named: Any = {"x": counting}
    once = Fitting().once(named)
    assert (list(once), len(once)) == (["x"], 1)
    suite: Any = once["x"]
    assert (suite.identifier, suite.proof_type, suite.key_types, suite.signs) == ("x", "y", {"z"}, True)
    assert suite.create_proof(1, 2, 3) == {"made": (1, 2, 3)}
    suite.require_contexts("document")
    counting.asked.clear()
    counting.good = False
    for _ in range(2):
        with pytest.raises(ValueError, match="does not fit"):
            suite.verify_proof({}, {"proofValue": "1"}, Method("a"))
    counting.good = True
    for proof, key in (("1", "a"), ("1", "a"), ("2", "a"), ("1", "b"), ("2", "a")):
        suite.verify_proof({}, {"proofValue": proof}, Method(key))
    assert len(counting.asked) == 2 + 3
    for _ in range(2):
        suite.verify_proof({}, {"proofValue": object()}, Method("a"))  # cannot be compared
    assert len(counting.asked) == 2 + 3 + 2


def test_suites_are_those_that_were_given() -> None:
    given: Any = suites()
    once = Fitting().once(given)
    assert list(once) == list(given)
    assert all(isinstance(once[name].identifier, str) for name in once)
    with pytest.raises(KeyError):
        once["none"]


# --- what is fetched ------------------------------------------------------------------------------


def test_what_is_sent_counts_like_what_is_got_and_is_not_remembered() -> None:
    hosts, sent = Hosts({"https://a.example/": b"x"}), list[str]()
    bounded = FetchAllowance(hosts, lambda did: {"id": did, "asked": len(sent)})
    for _ in range(2):
        assert bounded.send("https://a.example/ocsp", lambda: sent.append("x") or b"y") == b"y"
    assert sent == ["x", "x"]
    assert bounded.get("https://a.example/").body == b"x"
    assert hosts.asked == ["https://a.example/"]


@pytest.mark.parametrize("did", ["did:web:a.example", "did:key:z6Mk", "https://a.example"])
def test_a_document_of_a_did_is_asked_for_once(did: str) -> None:
    asked: list[str] = []
    bounded = FetchAllowance(Hosts(), lambda one: asked.append(one) or {"id": one})
    assert bounded.resolve_did(did) is bounded.resolve_did(did)
    assert asked == [did]
