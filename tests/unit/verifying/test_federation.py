"""Trust chains, each bound and what is told (OpenID Federation 1.0, sections 4 and 10)."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import InputError, UnavailableError
from credserv.verifying.federation import WELL_KNOWN, Named, anchor_at, entity_of, find_issuer
from tests.testkit.federation import ANCHOR, AT, LEAF, MIDDLE, Federation, small_federation
from tests.testkit.proofs import NOW
from tests.testkit.verifying import Hosts

DID, KEY_DID = "did:web:school.example", "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
SIDE, AWAY = "https://side.example", "https://away.example"


def find(made: Federation, issuer: str = DID) -> Named | None:
    return find_issuer(issuer, ANCHOR, Hosts(dict(made.pages)), NOW)


def found(made: Federation, issuer: str = DID) -> Named:
    named = find(made, issuer)
    assert named is not None
    return named


# --- whose address it is --------------------------------------------------------------------------


def test_an_anchor_is_found_by_its_configuration_or_its_statements() -> None:
    hosts = Hosts(dict(small_federation().pages))
    assert anchor_at(ANCHOR + WELL_KNOWN, hosts, NOW) == ANCHOR
    assert anchor_at(f"{ANCHOR}/fetch?sub=", hosts, NOW) == ANCHOR
    for other in (ANCHOR, f"{ANCHOR}/fetch", f"{ANCHOR}/list.json"):
        assert anchor_at(other, hosts, NOW) is None
    for wrong, error in ((f"{ANCHOR}/other?sub=", InputError), (f"{AWAY}/fetch?sub=", UnavailableError)):
        with pytest.raises(error):
            anchor_at(wrong, hosts, NOW)
    with pytest.raises(UnavailableError):
        anchor_at(AWAY + WELL_KNOWN, hosts, NOW)
    made = small_federation()
    made.entity(ANCHOR, metadata={"federation_entity": {"federation_fetch_endpoint": 7}})
    with pytest.raises(InputError):
        anchor_at(f"{ANCHOR}/fetch?sub=", Hosts(dict(made.pages)), NOW)


@pytest.mark.parametrize(
    ("issuer", "entity"),
    [
        ("https://school.example/did.json", "https://school.example/did.json"),
        ("did:web:school.example:did.json", "https://school.example/did.json"),
        ("did:example:school", None),
        ("did:web:", None),
    ],
)
def test_whose_address_an_issuer_is(issuer: str, entity: str | None) -> None:
    assert entity_of(issuer) == entity


# --- what is told ---------------------------------------------------------------------------------


def test_a_chain_of_one_shows_no_marks_and_goes_through_nobody() -> None:
    made = small_federation()
    marks = [{"trust_mark_type": "https://marks.example/a", "trust_mark": "x"}]
    made.states(ANCHOR, KEY_DID, metadata={"federation_entity": {}}, trust_marks=marks)
    named = found(made, KEY_DID)
    assert (named.name, named.url, named.through, named.marks) == (KEY_DID, None, (), ())


@pytest.mark.parametrize(
    ("own", "name", "url"),
    [
        ({"organization_name": "A", "organization_uri": "https://a.example"}, "A", "https://a.example"),
        ({"organization_name": "A", "homepage_uri": "https://b.example"}, "A", "https://b.example"),
        ({"organization_name": "A", "organization_uri": "javascript:x"}, "A", None),
        ({"organization_name": "A", "organization_uri": 7}, "A", None),
        ({"organization_name": 7, "organization_uri": "https://a.example"}, LEAF, None),
        ({}, LEAF, None),
    ],
)
def test_as_whom_people_are_shown_it(own: dict[str, Any], name: str, url: str | None) -> None:
    made = small_federation()
    made.entity(LEAF, (MIDDLE,), metadata={"federation_entity": own})
    assert (found(made).name, found(made).url) == (name, url)


def test_a_name_of_another_kind_of_metadata_stands_in() -> None:
    made = small_federation()
    other = {"openid_relying_party": {"organization_name": "As a client"}, "odd": 7}
    made.entity(LEAF, (MIDDLE,), metadata=other)
    assert found(made).name == "As a client"
    made.states(MIDDLE, LEAF, metadata={"federation_entity": {"organization_name": "By its superior"}})
    assert found(made).name == "By its superior"
    made.states(MIDDLE, LEAF, metadata=7)
    made.entity(LEAF, (MIDDLE,), metadata=7)
    assert found(made).name == LEAF


def test_what_a_superior_says_replaces_members_and_leaves_the_others() -> None:
    made = small_federation()
    own = {"organization_name": "Own", "organization_uri": "https://own.example"}
    made.entity(LEAF, (MIDDLE,), metadata={"federation_entity": own})
    made.states(MIDDLE, LEAF, metadata={"federation_entity": {"organization_name": "Theirs"}})
    made.states(ANCHOR, MIDDLE, metadata={"federation_entity": {"organization_name": "Middle"}})
    assert (found(made).name, found(made).url) == ("Theirs", "https://own.example")


@pytest.mark.parametrize("which", ["leaf", "middle of leaf", "anchor of middle", "anchor"])
def test_nothing_counts_longer_than_the_shortest_of_its_statements(which: str) -> None:
    made, ends = small_federation(), AT + 60
    match which:
        case "leaf":
            made.entity(LEAF, (MIDDLE,), exp=ends)
        case "middle of leaf":
            made.states(MIDDLE, LEAF, exp=ends)
        case "anchor of middle":
            made.states(ANCHOR, MIDDLE, exp=ends)
        case _:
            made.entity(ANCHOR, exp=ends)
    assert found(made).expires.timestamp() == ends


# --- ways -----------------------------------------------------------------------------------------


def test_a_way_that_is_forbidden_leaves_the_next_one() -> None:
    made = small_federation()
    made.entity(SIDE)
    made.entity(SIDE, (ANCHOR,))
    made.states(ANCHOR, SIDE)
    made.states(SIDE, LEAF)
    made.entity(LEAF, (MIDDLE, SIDE), org="Example School")
    made.states(ANCHOR, MIDDLE, constraints={"max_path_length": 0})
    assert found(made).through == (SIDE,)
    made.entity(LEAF, org="Example School", authority_hints=[7, LEAF, AWAY, SIDE])
    assert found(made).through == (SIDE,)
    made.entity(LEAF, (AWAY, AWAY, AWAY, AWAY, SIDE), org="Example School")
    assert find(made) is None  # four are looked at
    for hints in (7, SIDE, {"https": SIDE}):
        made.entity(LEAF, (SIDE,), authority_hints=hints)
        assert find(made) is None


def test_the_did_itself_or_its_address_is_in_the_federation() -> None:
    made = small_federation()
    made.states(ANCHOR, DID, metadata={"federation_entity": {"organization_name": "As DID"}})
    assert found(made).name == "As DID"
    made.states(ANCHOR, DID, exp=AT)
    assert found(made).name == "Example School"


@pytest.mark.parametrize(("superiors", "is_named"), [(5, True), (6, False)])
def test_how_far_the_anchor_may_be(superiors: int, is_named: bool) -> None:
    made = Federation()
    chain = [f"https://e{number}.example" for number in range(superiors)]
    for name in [*chain, ANCHOR]:
        made.entity(name)
    for name, above in zip(chain, [*chain[1:], ANCHOR], strict=True):
        made.entity(name, (above,))
        made.states(above, name)
    assert (find(made, chain[0]) is not None) is is_named


def test_how_many_statements_are_fetched() -> None:
    made, chain = Federation(), [f"https://e{number}.example" for number in range(30)]
    for name in [ANCHOR, *chain]:
        made.entity(name)
    for number, name in enumerate(chain):
        made.entity(name, tuple(chain[number + 1 : number + 5]))
        for superior in chain[number + 1 : number + 5]:
            made.states(superior, name)
    hosts = Hosts(dict(made.pages))
    assert find_issuer(chain[0], ANCHOR, hosts, NOW) is None
    assert len(hosts.asked) == 16
    hosts = Hosts(dict(small_federation().pages))
    find_issuer(DID, ANCHOR, hosts, NOW)
    assert (
        len(hosts.asked) == len(set(hosts.asked)) == 6
    )  # three of themselves, two of others, one of the DID


@pytest.mark.parametrize("endpoint", ["/fetch", "/fetch?sub=", "/fetch?of=x", "/fetch?of=x&sub="])
def test_a_superior_is_asked_at_the_address_that_it_names(endpoint: str) -> None:
    made = small_federation()
    own = {"federation_fetch_endpoint": f"{ANCHOR}{endpoint}"}
    made.entity(ANCHOR, metadata={"federation_entity": own})
    page = made.pages.pop(f"{ANCHOR}/fetch?sub=https%3A%2F%2Fmiddle.example")
    asked = "/fetch?of=x&sub=" if "of" in endpoint else "/fetch?sub="
    made.pages[f"{ANCHOR}{asked}https%3A%2F%2Fmiddle.example"] = b" " + page + b"\n"
    found(made)


def test_a_superior_without_an_address_is_asked_nothing() -> None:
    made = small_federation()
    for own in (
        {},
        {"federation_fetch_endpoint": 7},
        {"federation_fetch_endpoint": f"http://{ANCHOR[8:]}/fetch"},
    ):
        made.entity(ANCHOR, metadata={"federation_entity": own})
        hosts = Hosts(dict(made.pages))
        assert find_issuer(DID, ANCHOR, hosts, NOW) is None
        assert not [url for url in hosts.asked if "sub=https" in url and "anchor" in url]


def test_an_entity_whose_address_ends_in_a_slash_has_one_configuration() -> None:
    made = Federation()
    slashed = ANCHOR + "/"
    made.entity(slashed)
    made.pages = {ANCHOR + WELL_KNOWN: made.pages[slashed + WELL_KNOWN]}
    assert find_issuer("did:web:other.example", slashed, Hosts(dict(made.pages)), NOW) is None


def test_an_entity_is_not_above_itself() -> None:
    made = small_federation()
    made.entity(LEAF, (LEAF, MIDDLE), org="Example School")
    made.states(LEAF, LEAF)
    assert found(made).through == (MIDDLE,)


@pytest.mark.parametrize(
    ("superior", "subject", "constraints", "is_named"),
    [
        (ANCHOR, MIDDLE, {"max_path_length": 1}, True),
        (ANCHOR, MIDDLE, {"max_path_length": 0}, False),
        (MIDDLE, LEAF, {"max_path_length": 0}, True),
        (MIDDLE, LEAF, {"naming_constraints": {"permitted": ["school.example"]}}, True),
        (ANCHOR, MIDDLE, {"naming_constraints": {"permitted": ["middle.example"]}}, False),
        (ANCHOR, MIDDLE, {"naming_constraints": {"excluded": ["anchor.example"]}}, True),
    ],
)
def test_a_superior_constrains_who_is_below_it_and_nobody_else(
    superior: str, subject: str, constraints: dict[str, Any], is_named: bool
) -> None:
    made = small_federation()
    made.states(superior, subject, constraints=constraints)
    assert (find(made) is not None) is is_named


def test_a_chain_of_one_is_what_the_anchor_makes_of_it() -> None:
    made = small_federation()
    policy = {"federation_entity": {"organization_name": {"value": "By policy"}}}
    bounds = {"naming_constraints": {"permitted": ["other.example"]}}  # of addresses, which a DID is not
    own = {"federation_entity": {"organization_name": "College"}}
    made.states(ANCHOR, KEY_DID, metadata=own, metadata_policy=policy, constraints=bounds)
    assert found(made, KEY_DID).name == "By policy"
    made.states(ANCHOR, KEY_DID, metadata=own, constraints={"max_path_length": "none"})
    assert find(made, KEY_DID) is None


def test_right_below_the_anchor_its_word_counts_too() -> None:
    made = small_federation()
    made.entity(LEAF, (ANCHOR,), org="Own")
    made.states(ANCHOR, LEAF, metadata={"federation_entity": {"organization_name": "By the anchor"}})
    assert (found(made).name, found(made).through) == ("By the anchor", ())


def test_a_long_id_is_told_by_its_beginning() -> None:
    made, did = small_federation(), "did:example:" + "x" * 300
    made.states(ANCHOR, did)
    assert found(made, did).name == did[:200]
