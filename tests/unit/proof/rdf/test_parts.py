"""A part from memory makes the same canonical form as one converted anew, and memory has its bounds."""

from __future__ import annotations

import copy
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credserv.proof.rdf import terms
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.links import Link
from credserv.proof.rdf.parts import MAX_SEEN, Part, PartMemory, Runs, key_of
from credserv.proof.rdf.quads import to_dataset
from credserv.proof.rdf.scoped_contexts import MAX_KEPT, ScopedContexts
from credserv.proof.rdf.terms import OutsideSubsetError
from tests.testkit.documents import CONTEXT_LISTS, DocumentMaker
from tests.testkit.oracles import SCHEMAS, pyld_canonical

EXAMPLES = int(os.environ.get("CREDSERV_FUZZ_EXAMPLES", "60"))
PINNED = PinnedContexts.load(SCHEMAS)
ISSUER = {"id": "did:key:z6Mk1", "type": ["Profile"], "name": "School", "address": {"type": "Address"}}
ACHIEVEMENT: dict[str, Any] = {
    "id": "https://a.example/achievements/1",
    "type": ["Achievement"],
    "name": "Navigation",
    "creditsAvailable": 3,
    "tag": ["charts", "tides"],
    "criteria": {"narrative": "Ten passages,\nand the exam."},
    "alignment": [{"type": "Alignment", "targetName": "one"}, {"type": "Alignment", "targetName": "two"}],
    "resultDescription": [
        {
            "id": "urn:uuid:grade",
            "type": "ResultDescription",
            "name": "Exam",
            "allowedValue": ["A", "B", "C"],
        }
    ],
}


class Everything:
    """Every term is taken for one whose values recur."""

    def __contains__(self, name: object) -> bool:
        return True


@pytest.fixture(scope="module")
def contexts() -> ScopedContexts:
    return ScopedContexts(PINNED)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> ScopedContexts:
    monkeypatch.setattr(terms, "RECURRING", Everything())
    return ScopedContexts(PINNED)


def badge(
    number: int = 0, *, achievement: object = ACHIEVEMENT, issuer: object = ISSUER, **members: Any
) -> dict[str, Any]:
    return {
        "@context": CONTEXT_LISTS[0],
        "id": f"urn:uuid:{number}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": issuer,
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [{"type": "IdentityObject", "hashed": True, "salt": f"s{number}"}],
            "achievement": achievement,
        },
        **members,
    }


def remembered(contexts: ScopedContexts, document: dict[str, Any], memory: PartMemory) -> str:
    """Asked three times: to be seen, to be kept, and out of memory."""
    found = {to_dataset(contexts, document, memory).canonical() for _ in range(3)}
    assert len(found) == 1
    return found.pop()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(min_value=0, max_value=2**63))
def test_random_documents_are_canonicalized_alike_with_every_part_remembered(
    eager: ScopedContexts, seed: int
) -> None:
    """Their few ids clash all the time, so that parts and the rest speak of the same nodes."""
    document = DocumentMaker(eager, seed).document()
    try:
        expected = to_dataset(eager, document).canonical()
    except OutsideSubsetError:
        with pytest.raises(OutsideSubsetError):
            to_dataset(eager, document, eager.parts)
        return
    assert remembered(eager, document, eager.parts) == expected, f"seed {seed}"
    for hash_name in ("sha384", "sha256"):
        dataset = to_dataset(eager, document, eager.parts)
        assert dataset.canonical(hash_name) == to_dataset(eager, document).canonical(hash_name)


def test_many_random_documents_have_parts(eager: ScopedContexts) -> None:
    """Or the comparison above would compare little."""
    found = 0
    for seed in range(60):
        with suppress(OutsideSubsetError):
            document, memory = DocumentMaker(eager, seed).document(), PartMemory()
            to_dataset(eager, document, memory)
            to_dataset(eager, document, memory)
            found += bool(to_dataset(eager, document, memory).parts)
    assert found >= 12


def test_credentials_of_one_achievement_share_its_part(contexts: ScopedContexts) -> None:
    memory = PartMemory()
    for number in range(4):
        document = badge(number)
        dataset = to_dataset(contexts, document, memory)
        assert len(dataset.parts) == (2 if number else 0)
        assert dataset.canonical() == to_dataset(contexts, document).canonical() == pyld_canonical(document)
    assert len(memory) == 2


CHANGES: list[tuple[str, Any]] = [
    ("name", "Navigation "),
    ("name", ["Navigation", "Charts"]),
    ("creditsAvailable", 4),
    ("creditsAvailable", 3.5),
    ("tag", ["charts"]),
    ("id", "https://a.example/achievements/2"),
    ("type", ["Achievement", "ext:Other"]),
    ("criteria", {"narrative": "Nine passages."}),
    ("alignment", ACHIEVEMENT["alignment"][:1]),
    ("alignment", [ACHIEVEMENT["alignment"][0], {"type": "Alignment", "targetName": "three"}]),
    ("resultDescription", [{**ACHIEVEMENT["resultDescription"][0], "allowedValue": ["A", "C", "B"]}]),
    ("version", "2"),
]


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_a_changed_part_is_not_answered_from_memory(contexts: ScopedContexts, name: str, value: Any) -> None:
    memory = PartMemory()
    known = remembered(contexts, badge(), memory)
    changed = badge(achievement={**ACHIEVEMENT, name: value})
    try:
        found = to_dataset(contexts, changed, memory).canonical()
    except OutsideSubsetError:
        assert name == "type"
        return
    assert found != known
    assert found == to_dataset(contexts, changed).canonical()


def test_what_was_changed_after_it_was_remembered_is_read_anew(contexts: ScopedContexts) -> None:
    memory, document = PartMemory(), badge(achievement=copy.deepcopy(ACHIEVEMENT))
    known = remembered(contexts, document, memory)
    document["credentialSubject"]["achievement"]["alignment"][1]["targetName"] = "another"
    found = to_dataset(contexts, document, memory).canonical()
    assert found == to_dataset(contexts, document).canonical() != known


def test_values_that_python_holds_equal_have_keys_of_their_own() -> None:
    values: list[Any] = [
        1,
        1.0,
        True,
        "1",
        0,
        0.0,
        -0.0,
        False,
        None,
        "",
        [],
        {},
        [1],
        [True],
        {"a": 1},
        {"a": 1.0},
    ]
    keys = {key_of("context", 1, {"member": value}) for value in values}
    assert len(keys) == len(values)
    assert (
        key_of("other", 1, {"member": 1})
        != key_of("context", 1, {"member": 1})
        != key_of("context", 2, {"member": 1})
    )


def test_a_key_depends_on_the_value_alone() -> None:
    """And not on which of its texts are one object, as newer formats of marshal do."""
    shared = "the same text"
    one = {"a": shared, "b": [shared, shared], shared: shared}
    again = json.loads(json.dumps(one))
    held = [again, again["b"]]
    assert key_of("context", 1, one) == key_of("context", 1, again)
    assert len(held) == 2


def test_one_content_under_another_context_is_another_part(contexts: ScopedContexts) -> None:
    memory = PartMemory()
    achievement = {"id": "urn:uuid:1", "type": "Achievement", "name": "One"}
    for urls in CONTEXT_LISTS[:2]:
        document = badge(achievement=achievement) | {"@context": urls}
        expected = to_dataset(contexts, document).canonical()
        assert remembered(contexts, document, memory) == expected == pyld_canonical(document)
    assert len(memory) == 4


@pytest.mark.parametrize("name", ["School", "Another name"])
def test_a_part_may_speak_of_what_another_does(contexts: ScopedContexts, name: str) -> None:
    """The achievement's creator is its issuer, told in the same words or in others."""
    creator = {"id": ISSUER["id"], "type": ["Profile"], "name": name, "url": "https://a.example/"}
    document = badge(
        achievement={**ACHIEVEMENT, "creator": creator}, evidence=[{"id": "urn:uuid:grade", "name": "x"}]
    )
    expected = to_dataset(contexts, document).canonical()
    assert remembered(contexts, document, PartMemory()) == expected == pyld_canonical(document)


@pytest.mark.parametrize(
    "texts", [("a\n", "a\nb\n"), ("a\nc\n", "b\n"), ("a\nb\n", "b\nc\n"), ("a\n", "b\n", "c\n")]
)
def test_runs_that_reach_into_each_other_give_each_line_once(texts: tuple[str, ...]) -> None:
    lines = {line for text in texts for line in text.splitlines(keepends=True)}
    for order in (texts, texts[::-1]):
        lasts = [text.splitlines(keepends=True)[-1] for text in order]
        found = Runs(list(order), lasts, [text.encode() for text in order]).join()
        assert found.decode() == "".join(sorted(lines))


def test_unnamed_nodes_that_are_alike_are_told_apart_across_parts(contexts: ScopedContexts) -> None:
    """Two subjects with one achievement: each of its unnamed nodes is there twice."""
    subject = {"type": ["AchievementSubject"], "achievement": ACHIEVEMENT}
    document = badge(credentialSubject=[{"id": "did:key:z1", **subject}, {"id": "did:key:z2", **subject}])
    expected = to_dataset(contexts, document).canonical()
    assert remembered(contexts, document, PartMemory()) == expected == pyld_canonical(document)


def test_parts_grow_to_their_bound_and_no_further(contexts: ScopedContexts) -> None:
    memory = PartMemory(max_characters=200_000)
    sizes = []
    for number in range(60):
        document = badge(achievement={**ACHIEVEMENT, "name": f"Achievement {number}"})
        remembered(contexts, document, memory)
        sizes.append(len(memory))
    assert memory.characters <= 200_000
    assert sizes[-1] < 40
    assert len(to_dataset(contexts, document, memory).parts) == 2  # the last one is among those that stayed


def test_a_part_that_is_too_large_is_not_kept(contexts: ScopedContexts) -> None:
    memory = PartMemory()
    document = badge(achievement={**ACHIEVEMENT, "description": "x" * 70_000})
    assert remembered(contexts, document, memory) == to_dataset(contexts, document).canonical()
    assert len(memory) == memory.marks == 1  # the issuer


def test_a_flood_of_parts_seen_once_pushes_nothing_out(contexts: ScopedContexts) -> None:
    memory = PartMemory(max_characters=100_000)
    remembered(contexts, badge(), memory)
    for number in range(MAX_SEEN + 100):
        key = key_of(contexts, 1, {"id": f"urn:uuid:{number}"})
        assert key
        assert memory.find(key) == (None, False)
    assert len(to_dataset(contexts, badge(1), memory).parts) == 2
    assert memory.marks <= MAX_SEEN


def test_credentials_that_share_nothing_leave_memory_empty(contexts: ScopedContexts) -> None:
    memory = PartMemory()
    for number in range(50):
        achievement = {**ACHIEVEMENT, "name": f"Achievement {number}"}
        document = badge(number, achievement=achievement, issuer={**ISSUER, "name": f"School {number}"})
        assert to_dataset(contexts, document, memory) == to_dataset(contexts, document)
    assert len(memory) == memory.characters == 0


def test_contexts_that_start_anew_forget_their_parts() -> None:
    contexts = ScopedContexts(PINNED)
    remembered(contexts, badge(), contexts.parts)
    assert len(contexts.parts) == 2
    for _ in range(MAX_KEPT):
        contexts.count()
    assert len(contexts.parts) == contexts.parts.characters == 0
    assert remembered(contexts, badge(), contexts.parts) == to_dataset(contexts, badge()).canonical()


def test_threads_share_the_parts(contexts: ScopedContexts) -> None:
    memory = PartMemory(max_characters=60_000)  # so small that parts come and go meanwhile
    documents = [badge(n, achievement={**ACHIEVEMENT, "name": f"A {n % 7}"}) for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: to_dataset(contexts, one, memory).canonical(), documents * 8))
    assert found == [to_dataset(contexts, one).canonical() for one in documents] * 8
    assert memory.characters <= 60_000


def test_the_hashes_of_a_part_are_made_once() -> None:
    part = Part("<urn:a>", [], [['<urn:p> "x" .\n']], [])
    assert part.digests("sha256") is part.digests("sha256")
    assert part.digests("sha384") != part.digests("sha256")


def test_each_text_and_each_link_of_a_part_takes_room() -> None:
    link = Link(0, "<urn:q> ", "<urn:b>", None)
    bare = Part("<urn:a>", [], [['<urn:p> "x" .\n']], [])
    linked = Part("<urn:a>", [], [['<urn:p> "x" .\n']], [link])
    assert bare.characters > 200
    assert linked.characters == bare.characters + 200
