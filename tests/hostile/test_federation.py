"""Trust chains of OpenID Federation 1.0 (found H8), and those who would be in one without being so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import InputError, ProofError, UnavailableError
from credserv.ground.verification import Outcome
from credserv.journeys.check.at_home import without_network
from credserv.journeys.trust import refresh as trust_lists
from credserv.journeys.trust.lists import judge_issuer
from credserv.records.trust import TrustedListKind
from credserv.verifying.federation import WELL_KNOWN, Named, entity_of, find_issuer, read_anchor
from tests.testkit.federation import ANCHOR, AT, LEAF, MIDDLE, Federation, small_federation
from tests.testkit.proofs import NOW
from tests.testkit.service import make_service
from tests.testkit.verifying import Hosts

DID = "did:web:school.example"
KEY_DID = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"


def named(made: Federation, issuer: str = DID) -> Named | None:
    return find_issuer(issuer, ANCHOR, Hosts(dict(made.pages)), NOW)


def test_found_h8_an_issuer_is_named_through_its_superiors() -> None:
    for issuer in (DID, LEAF):
        found = named(small_federation(), issuer)
        assert found is not None
        assert (found.name, found.through, found.marks) == ("Example School", (MIDDLE,), ())
        assert found.expires.timestamp() == AT + 3_600
    assert named(small_federation(), "did:web:other.example") is None
    assert named(small_federation(), KEY_DID) is None


def test_found_h8_the_anchor_itself_is_named() -> None:
    found = named(small_federation(), "did:web:anchor.example")
    assert found is not None
    assert (found.name, found.through) == ("Anchor Association", ())


def test_found_h8_a_registry_states_of_a_did_whose_it_is() -> None:
    """As those of the Digital Credentials Consortium do."""
    made = small_federation()
    metadata = {
        "federation_entity": {"organization_name": "College", "homepage_uri": "https://college.example"}
    }
    made.states(ANCHOR, KEY_DID, metadata=metadata)
    found = named(made, KEY_DID)
    assert found is not None
    assert (found.name, found.url, found.through) == ("College", "https://college.example", ())
    made.states(ANCHOR, KEY_DID, metadata=metadata, exp=AT)
    assert named(made, KEY_DID) is None


def _break(made: Federation, what: str) -> None:
    other = "https://other.example"
    match what:
        case "superior does not know it":
            del made.pages[f"{MIDDLE}/fetch?sub=https%3A%2F%2Fschool.example"]
        case "anchor does not know the superior":
            del made.pages[f"{ANCHOR}/fetch?sub=https%3A%2F%2Fmiddle.example"]
        case "signed by itself":
            made.pages[f"{MIDDLE}/fetch?sub=https%3A%2F%2Fschool.example"] = made.sign(MIDDLE, LEAF, by=LEAF)
        case "signed by itself under the superior's kid":
            forged = made.sign(MIDDLE, LEAF, by=LEAF, header={"kid": made.jwk(MIDDLE)["kid"]})
            made.pages[f"{MIDDLE}/fetch?sub=https%3A%2F%2Fschool.example"] = forged
        case "keys that its superior does not state":
            made.entity(other)
            made.states(MIDDLE, LEAF, jwks={"keys": [made.jwk(other)]})
        case "superior states no keys":
            made.states(MIDDLE, LEAF, jwks=None)
        case "statement about another":
            about = made.sign(MIDDLE, ANCHOR, by=MIDDLE)
            made.pages[f"{MIDDLE}/fetch?sub=https%3A%2F%2Fschool.example"] = about
        case "statement by another":
            by = made.sign(ANCHOR, LEAF, by=MIDDLE)
            made.pages[f"{MIDDLE}/fetch?sub=https%3A%2F%2Fschool.example"] = by
        case "expired":
            made.states(MIDDLE, LEAF, exp=AT)
        case "expired above":
            made.states(ANCHOR, MIDDLE, exp=AT - 1)
        case "expired configuration":
            made.entity(LEAF, (MIDDLE,), exp=AT - 1)
        case "from tomorrow":
            made.states(MIDDLE, LEAF, iat=AT + 86_400)
        case "no end":
            made.states(MIDDLE, LEAF, exp=None)
        case "an end that is no number":
            made.states(MIDDLE, LEAF, exp="2033-01-01")
        case "an end that is true":
            made.states(MIDDLE, LEAF, exp=True)
        case "critical claim":
            made.states(MIDDLE, LEAF, crit=["something"], something=1)
        case "critical header":
            made.states(MIDDLE, LEAF, header={"crit": ["x"], "x": 1})
        case "another type":
            made.states(MIDDLE, LEAF, header={"typ": "JWT"})
        case "algorithm none":
            claims = {"iss": MIDDLE, "sub": LEAF, "iat": AT - 1, "exp": AT + 60}
            head = {"alg": "none", "typ": "entity-statement+jwt", "kid": "key-of-" + MIDDLE}
            parts = [encode_base64url(json.dumps(part).encode()) for part in (head, claims)]
            made.pages[f"{MIDDLE}/fetch?sub=https%3A%2F%2Fschool.example"] = ".".join([*parts, ""]).encode()
        case "algorithm of another key":
            made.states(MIDDLE, LEAF, header={"alg": "EdDSA"})
        case "a shared secret":
            made.states(MIDDLE, LEAF, header={"alg": "HS256"})
        case "policy operator that is not known":
            made.states(ANCHOR, MIDDLE, metadata_policy_crit=["regexp"], metadata_policy={})
        case "policy that it does not fit":
            policy = {"federation_entity": {"organization_name": {"one_of": ["Another"]}}}
            made.states(ANCHOR, MIDDLE, metadata_policy=policy)
        case "policies that contradict each other":
            for superior, subject, name in ((ANCHOR, MIDDLE, "A"), (MIDDLE, LEAF, "B")):
                policy = {"federation_entity": {"organization_name": {"value": name}}}
                made.states(superior, subject, metadata_policy=policy)
        case "policy that is none":
            made.states(ANCHOR, MIDDLE, metadata_policy={"federation_entity": {"organization_name": "x"}})
        case "path too long":
            made.states(ANCHOR, MIDDLE, constraints={"max_path_length": 0})
        case "path of no number":
            made.states(ANCHOR, MIDDLE, constraints={"max_path_length": "9"})
        case "name not permitted":
            made.states(ANCHOR, MIDDLE, constraints={"naming_constraints": {"permitted": ["middle.example"]}})
        case "name excluded":
            made.states(MIDDLE, LEAF, constraints={"naming_constraints": {"excluded": [".example"]}})
        case "name excluded in capitals":
            made.states(MIDDLE, LEAF, constraints={"naming_constraints": {"excluded": ["School.EXAMPLE"]}})
        case "kind not allowed":
            metadata = {"openid_credential_issuer": {}, "federation_entity": {}}
            made.entity(LEAF, (MIDDLE,), metadata=metadata)
            made.states(ANCHOR, MIDDLE, constraints={"allowed_entity_types": ["openid_relying_party"]})
        case "hints in a circle":
            made.entity(MIDDLE, (LEAF, MIDDLE))
        case "hints that are no list":
            made.entity(LEAF, (MIDDLE,), authority_hints=MIDDLE)
        case "no address for statements":
            made.entity(MIDDLE, (ANCHOR,), metadata={"federation_entity": {}})
        case "an address that is not fetched from":
            endpoint = {"federation_fetch_endpoint": "http://middle.example/fetch"}
            made.entity(MIDDLE, (ANCHOR,), metadata={"federation_entity": endpoint})
        case "two keys of one name":
            made.entity(MIDDLE, (ANCHOR,), jwks={"keys": [made.jwk(MIDDLE), made.jwk(MIDDLE)]})
        case "a private key":
            made.entity(LEAF, (MIDDLE,), jwks={"keys": [{**made.jwk(LEAF), "d": "AA"}]})
        case "no JSON":
            made.pages[LEAF + WELL_KNOWN] = b"<html>"
        case _:
            raise AssertionError(what)


FAULTS = re.findall(r'^        case "([^"]+)":', Path(__file__).read_text(), re.MULTILINE)


@pytest.mark.parametrize("what", FAULTS)
def test_found_h8_nobody_is_in_a_federation_by(what: str) -> None:
    made = small_federation()
    assert named(made) is not None
    _break(made, what)
    assert named(made) is None


def test_found_h8_another_way_holds_where_one_does_not() -> None:
    made = small_federation()
    side = "https://side.example"
    made.entity(side)
    made.entity(side, (ANCHOR,))
    made.states(ANCHOR, side)
    made.entity(LEAF, ("https://away.example", MIDDLE, side), org="Example School")
    made.states(side, LEAF)
    made.states(MIDDLE, LEAF, exp=AT - 1)
    found = named(made)
    assert found is not None
    assert found.through == (side,)


def test_found_h8_policies_change_what_is_told() -> None:
    made = small_federation()
    policy = {"federation_entity": {"organization_name": {"value": "Name by the anchor"}}}
    made.states(ANCHOR, MIDDLE, metadata_policy=policy)
    found = named(made)
    assert found is not None
    assert found.name == "Name by the anchor"
    made.states(ANCHOR, MIDDLE)
    made.states(MIDDLE, LEAF, metadata={"federation_entity": {"organization_name": "Name by its superior"}})
    found = named(made)
    assert found is not None
    assert found.name == "Name by its superior"


def test_found_h8_a_name_that_people_cannot_be_shown_is_not() -> None:
    made = small_federation()
    made.entity(LEAF, (MIDDLE,), org="Bank\u202egnp.exe")
    found = named(made)
    assert found is not None
    assert found.name == LEAF


def test_found_h8_long_chains_and_forks_cost_a_bounded_number_of_fetches() -> None:
    made = Federation()
    chain = [f"https://e{number}.example" for number in range(30)]
    for name in [ANCHOR, *chain]:
        made.entity(name)
    for number, name in enumerate(chain):
        above = (
            (*chain[number + 1 : number + 5], ANCHOR) if number > 8 else tuple(chain[number + 1 : number + 5])
        )
        made.entity(name, above)
        for superior in above:
            made.states(superior, name)
    hosts = Hosts(dict(made.pages))
    assert find_issuer(chain[0], ANCHOR, hosts, NOW) is None
    assert len(hosts.asked) <= 16


def test_found_h8_an_oversized_or_missing_anchor_is_not_asked_on() -> None:
    with pytest.raises(UnavailableError):
        find_issuer(DID, ANCHOR, Hosts({}), NOW)
    made = small_federation()
    made.pages[ANCHOR + WELL_KNOWN] = made.sign(ANCHOR, ANCHOR, by=MIDDLE)
    with pytest.raises(ProofError):
        read_anchor(ANCHOR, Hosts(dict(made.pages)), NOW)


def test_attack_54_what_an_issuer_names_to_be_asked_is_bounded_as_one_verification(tmp_path: Path) -> None:
    """A superior that is away is asked once, whoever names it, and all of it has one bound in time."""
    made, away = small_federation(), "https://away.example"
    made.entity(LEAF, (away, MIDDLE), org="Example School")
    made.entity(MIDDLE, (away, ANCHOR), org="Middle Union")
    hosts = Hosts(dict(made.pages))
    service = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=hosts, starters=False)
    services, now = service.services, service.clock.now
    url = ANCHOR + WELL_KNOWN
    trust_lists.subscribe(services, "", name="Federation", url=url, actor="test", now=now)
    hosts.asked.clear()
    assert judge_issuer(services, DID, "", now).check.outcome is Outcome.PASSED
    assert hosts.asked.count(away + WELL_KNOWN) == 1
    assert len(hosts.asked) <= 16
    hosts.asked.clear()
    named = tuple(f"https://slow{number}.example" for number in range(40))
    made.entity("https://hungry.example")
    made.entity("https://hungry.example", named)
    hosts.pages |= made.pages
    assert judge_issuer(services, "did:web:hungry.example", "", now).check.outcome is Outcome.UNKNOWN
    assert len(hosts.asked) <= 7


@pytest.mark.parametrize(
    ("issuer", "entity"),
    [
        ("did:web:school.example", "https://school.example"),
        ("did:web:school.example:dept:math", "https://school.example/dept/math"),
        (f"did:webvh:Qm{'1' * 44}:school.example:dept", "https://school.example/dept"),
        ("https://school.example/", "https://school.example"),
        ("https://school.example/dept", "https://school.example/dept"),
        (KEY_DID, None),
        ("http://school.example", None),
        ("urn:x", None),
    ],
)
def test_found_h8_whose_address_an_issuer_is(issuer: str, entity: str | None) -> None:
    assert entity_of(issuer) == entity


def test_found_h8_a_federation_is_told_remembered_and_left(tmp_path: Path) -> None:
    made = small_federation(trust_marks=[{"trust_mark_type": "https://marks.example/a", "trust_mark": "x"}])
    made.entity(ANCHOR, org="Anchor Association", trust_mark_issuers={"https://marks.example/a": []})
    hosts = Hosts(dict(made.pages))
    service = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=hosts, starters=False)
    services, clock = service.services, service.clock
    known, read = trust_lists.subscribe(
        services, "", name="Federation", url=ANCHOR + WELL_KNOWN, actor="test", now=clock.now
    )
    assert (known.kind, read.issuers) == (TrustedListKind.FEDERATION, ())

    def told(issuer: str = DID) -> tuple[Outcome, str, dict[str, Any]]:
        check = judge_issuer(services, issuer, "", clock.now).check
        return check.outcome, check.reason, dict(check.data)

    apart = judge_issuer(without_network(services), DID, "", clock.now).check
    assert "could not be asked" in apart.reason  # and that is remembered nowhere
    outcome, reason, data = told()
    assert outcome is Outcome.PASSED
    assert reason == (
        "Its issuer is in the federation “Federation” as “Example School”, through https://middle.example."
        " Its trust marks: 1 refused."
    )
    assert data == {
        "list": "Federation",
        "as": "Example School",
        "through": MIDDLE,
        "marks_refused": "https://marks.example/a (not a JWS in its compact form)",
    }
    hosts.asked.clear()
    assert told()[0] is Outcome.PASSED
    assert hosts.asked == []  # remembered
    hosts.pages.clear()
    clock.advance(seconds=3_700)
    assert told()[0] is Outcome.UNKNOWN  # what was remembered does not outlive the chain
    assert "could not be asked" in told()[1]
    assert "could not be asked" in told("did:web:another.example")[1]
    assert trust_lists.refresh(services, known.id, actor="test", now=clock.now)
    trust_lists.unsubscribe(services, known.id, actor="test", now=clock.now)
    assert "federation" not in told()[1]


def test_found_h8_a_registry_is_named_by_where_its_statements_are(tmp_path: Path) -> None:
    """As the Digital Credentials Consortium's list of registries names them."""
    made = small_federation()
    metadata = {"federation_entity": {"organization_name": "College"}}
    made.states(ANCHOR, KEY_DID, metadata=metadata)
    assert f"{ANCHOR}/fetch?sub={KEY_DID}" in made.pages
    service = make_service(
        f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=Hosts(dict(made.pages)), starters=False
    )
    services, now = service.services, service.clock.now
    for url in (f"{MIDDLE}/other?sub=", f"{LEAF}/x/fetch?sub="):
        with pytest.raises((InputError, UnavailableError)):
            trust_lists.subscribe(services, "", name="Wrong", url=url, actor="test", now=now)
    url = f"{ANCHOR}/fetch?sub="
    known, _ = trust_lists.subscribe(services, "", name="DCC", url=url, actor="test", now=now)
    assert (known.kind, known.url) == (TrustedListKind.FEDERATION, ANCHOR + WELL_KNOWN)
    check = judge_issuer(services, KEY_DID, "", now).check
    assert (check.outcome, check.data["as"]) == (Outcome.PASSED, "College")


def test_found_h8_an_endpoint_may_end_in_an_open_sub() -> None:
    made = small_federation()
    own = {"federation_fetch_endpoint": f"{ANCHOR}/fetch?sub=", "organization_name": "Anchor Association"}
    made.entity(ANCHOR, metadata={"federation_entity": own})
    assert named(made) is not None
