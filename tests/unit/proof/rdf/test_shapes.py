"""A document of a known shape has the canonical form of one converted anew, or is converted anew."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from credserv.ground.errors import CredservError
from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.parts import MAX_SEEN
from credserv.proof.rdf.quads import to_dataset
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.shapes import MAX_KEY_BYTES, Shapes, _Kept
from credserv.proof.rdf.template import _CLOSE, _OPEN, DocumentTemplate, _Filling, _Group, has_marks
from credserv.proof.rdf.terms import OutsideSubsetError
from tests.testkit.documents import CONTEXT_LISTS, DocumentMaker
from tests.testkit.oracles import SCHEMAS

EXAMPLES = int(os.environ.get("CREDSERV_FUZZ_EXAMPLES", "300"))
PINNED = PinnedContexts.load(SCHEMAS)
CONTEXTS = ScopedContexts(PINNED)
LIST = "https://a.example/status/1"
ISSUER, ACHIEVEMENT = "did:web:a.example", "https://a.example/achievements/1"
# What a stranger might try: other spellings of an id, ids of other objects, marks, and no text at all.
IDS = (
    "did:web:b.example",
    "https://b.example/c?d=e%20f#g",
    "http://b.example/",
    "urn:uuid:1",
    ISSUER,
    ACHIEVEMENT,
    f"{LIST}#7",
    LIST,
    "mailto:a@b.example",
    "did:nothing",
    "urn:",
    "relative",
    "_:b0",
    "ob:Profile",
    "x-slot:a",
    "https://b.example/ space",
    "https://b.example/<",
    "https://b.example/é",
    "\ue000a\ue001",
    "x-slot:\ue000a\ue001",
    "https://b.example/\ud800",
    "",
    None,
    7,
    True,
    [],
    {},
    ["https://b.example/"],
    {"id": "urn:uuid:1"},
)
TEXTS = (
    "2026-01-01T00:00:00Z",
    "plain",
    "",
    "é \U0001f600",
    'a "b" \\ c',
    "\n\t\x00\x7f\ufffe",
    "%s %d %",
    "\ue000a\ue001",
    "\ue000",
    "\ud800",
    "\udc00\ud800",
    None,
    1,
    1.0,
    True,
    [],
    ["a"],
    ["a", "a"],
    {"@value": "a", "@language": "en"},
)


def badge(
    name: object = "urn:uuid:0",
    subject: object = "did:key:z6Mk",
    text: object = "2026-01-01T00:00:00Z",
    value: object = "A",
    entry: object = f"{LIST}#1",
    **members: Any,
) -> dict[str, Any]:
    return {
        "@context": CONTEXT_LISTS[0],
        "id": name,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": members.pop("title", "Navigation"),
        "issuer": {"id": ISSUER, "type": ["Profile"], "name": "School"},
        "validFrom": text,
        "credentialSubject": {
            "id": subject,
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": True, "identityHash": value, "salt": text},
                {"type": "IdentityObject", "hashed": False, "identityHash": "b", "salt": "c"},
            ],
            "achievement": {
                "id": ACHIEVEMENT,
                "type": ["Achievement"],
                "name": "Navigation",
                "criteria": {"narrative": "Ten passages."},
                "alignment": [
                    {"type": "Alignment", "targetName": "1"},
                    {"type": "Alignment", "targetName": "2"},
                ],
            },
            "result": [{"type": ["Result"], "value": value}, {"type": ["Result"], "value": "other"}],
        },
        "credentialStatus": {
            "id": entry,
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": value,
            "statusListCredential": LIST,
        },
        **members,
    }


@pytest.fixture
def shapes() -> Shapes:
    """One that knows the shape of a badge."""
    made = Shapes(CONTEXTS)
    for number in range(3):
        made.canonical_utf8(badge(f"urn:uuid:{number}"))
    return made


def converted(document: JsonObject) -> bytes | None:
    """None for what the conversion does not decide."""
    try:
        return to_dataset(CONTEXTS, document).canonical_utf8()
    except (OutsideSubsetError, CredservError):
        return None


def answered(shapes: Shapes, document: JsonObject) -> bool:
    """Whether the shape was known; then it says what the conversion says."""
    found = shapes.canonical_utf8(document)
    if found is not None:
        assert found == converted(document)
    return found is not None


@pytest.mark.parametrize("subject", ["did:web:b.example", "https://b.example/#c", "urn:uuid:9"])
@pytest.mark.parametrize("value", ["B", "", 'a "b" \\', "é\n\t\x7f", "%s", "{}", "\U0001f600"])
def test_what_differs_within_a_shape_is_filled_in(shapes: Shapes, subject: str, value: str) -> None:
    document = badge("https://b.example/%20", subject, "2026-02-02T00:00:00Z", value, f"{LIST}#{8}")
    assert shapes.canonical_utf8(document) == converted(document) == generally(document)


def test_a_shape_seen_once_is_not_kept() -> None:
    shapes = Shapes(CONTEXTS)
    assert [answered(shapes, badge(f"urn:uuid:{number}")) for number in range(3)] == [False, True, True]
    for number in range(MAX_SEEN + 5):
        assert shapes.canonical_utf8(badge(title=f"title {number}")) is None
    assert answered(shapes, badge())


@pytest.mark.parametrize(
    "changed",
    [
        badge(title="Navigator"),
        badge(issuer={"id": ISSUER, "type": ["Profile"], "name": "Another school"}),
        badge(issuer=ISSUER),
        badge(validUntil="2027-01-01T00:00:00Z"),
        badge(**{"@context": CONTEXT_LISTS[1]}),
        dict(reversed(badge().items())),
    ],
)
def test_another_content_is_another_shape(shapes: Shapes, changed: JsonObject) -> None:
    known = shapes.canonical_utf8(badge())
    assert shapes.canonical_utf8(changed) is None
    found = shapes.canonical_utf8(changed)
    assert found is None or found == converted(changed)
    assert known == shapes.canonical_utf8(badge()) == converted(badge())


@pytest.mark.parametrize("number", [1, 1.0, True])
def test_numbers_that_python_holds_equal_are_three_shapes(number: object) -> None:
    shapes = Shapes(CONTEXTS)
    for other in (1, 1.0, True, number, number):
        document = badge()
        document["credentialSubject"]["creditsEarned"] = other
        answered(shapes, document)


def test_a_name_that_becomes_that_of_another_object_is_converted(shapes: Shapes) -> None:
    for document in (badge(ISSUER), badge(ACHIEVEMENT), badge(f"{LIST}#1"), badge("did:key:z6Mk")):
        assert shapes.canonical_utf8(document) is None


def test_nodes_and_quads_that_become_alike_are_converted(shapes: Shapes) -> None:
    assert shapes.canonical_utf8(badge(value="other")) is None
    assert shapes.canonical_utf8(badge(value="b", text="c")) is not None  # another member tells them apart


@pytest.mark.parametrize("place", ["title", "description"])
def test_the_marks_of_a_slot_in_a_document_are_never_one(place: str) -> None:
    """Filled, `id` would stand where the document has a mark: another text under the same signature."""
    shapes = Shapes(CONTEXTS)
    for number in range(4):
        document = badge(f"urn:uuid:{number}", **{place: "see \ue000a\ue001"})
        assert shapes.canonical_utf8(document) is None


@pytest.mark.parametrize(("results", "has_shape"), [(16, True), (17, False)])
def test_a_shape_has_as_many_slots_as_there_are_names(results: int, has_shape: bool) -> None:
    """26; the rest of a badge has ten."""
    shapes, document = Shapes(CONTEXTS), badge()
    document["credentialSubject"]["result"] = [
        {"type": ["Result"], "value": f"value {number}"} for number in range(results)
    ]
    assert [answered(shapes, document) for _ in range(3)] == [False, has_shape, has_shape]


def test_a_template_that_says_something_else_than_the_conversion_is_not_kept() -> None:
    class Unlike(Shapes):
        def _is_alike(self, template: DocumentTemplate, document: JsonObject, iri: str, text: str) -> bool:
            return super()._is_alike(template, document | {"name": "Another"}, iri, text)

    shapes = Unlike(CONTEXTS)
    assert [shapes.canonical_utf8(badge(f"urn:uuid:{number}")) for number in range(3)] == [None] * 3


def test_a_shape_that_is_too_large_is_not_kept() -> None:
    for length, has_shape in ((MAX_KEY_BYTES // 2, True), (MAX_KEY_BYTES, False)):
        shapes = Shapes(CONTEXTS)
        document = badge(title="x" * length)
        assert [answered(shapes, document) for _ in range(3)] == [False, has_shape, has_shape]


def test_documents_without_what_varies_have_shapes_too() -> None:
    shapes = Shapes(CONTEXTS)
    options = {"@context": CONTEXT_LISTS[2], "type": "DataIntegrityProof", "proofPurpose": "assertionMethod"}
    assert [answered(shapes, options) for _ in range(3)] == [False, True, True]
    options["created"] = "2026-01-01T00:00:00Z"
    assert [answered(shapes, options | {"created": f"2026-01-0{day}T00:00:00Z"}) for day in (1, 2, 3)] == [
        False,
        True,
        True,
    ]


@given(
    st.sampled_from(IDS),
    st.sampled_from(IDS),
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
    st.sampled_from(IDS),
)
@example("urn:uuid:0", "urn:uuid:0", "a", "b", f"{LIST}#1")
@settings(max_examples=EXAMPLES, deadline=None)
def test_whatever_stands_in_a_slot_is_judged_as_ever(
    name: object, subject: object, text: object, value: object, entry: object
) -> None:
    """By a canonizer that knows the shape, and by the conversion."""
    document = badge(name, subject, text, value, entry)
    assert known(document) == known(document) == anew(document)


@given(st.text(), st.text(), st.text())
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_texts_are_filled_in_as_they_are_converted(tail: str, text: str, value: str) -> None:
    document = badge(f"https://a.example/{tail}", f"urn:x:{tail}", text, value)
    assert known(document) == anew(document)


def known(document: JsonObject) -> bytes | type[Exception]:
    """What a canonizer that knows the shape says."""
    try:
        return KNOWING.canonize_utf8(document)
    except CredservError as error:
        return type(error)


def anew(document: JsonObject) -> bytes | type[Exception]:
    try:
        return to_dataset(CONTEXTS, document).canonical_utf8()
    except OutsideSubsetError:
        return generally(document)
    except CredservError as error:
        return type(error)


def generally(document: JsonObject) -> bytes | type[Exception]:
    try:
        return KNOWING.convert_generally(document).canonical_utf8()
    except CredservError as error:
        return type(error)


KNOWING = Canonizer(PINNED)
for warm in range(3):
    KNOWING.canonize_utf8(badge(f"urn:uuid:{warm}"))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=0), st.lists(st.sampled_from(IDS + TEXTS), min_size=6, max_size=6))
def test_random_documents(seed: int, values: list[object]) -> None:
    """With all that can vary at the top, and in a subject."""
    shapes = Shapes(CONTEXTS)
    document = DocumentMaker(CONTEXTS, seed).document()
    for value in ("urn:uuid:1", "https://a.example/2", *values, "did:key:z6Mk"):
        varied = copy.deepcopy(document)
        varied["id"] = value
        subject = varied.get("credentialSubject")
        if isinstance(subject, dict):
            subject["id"] = value
        answered(shapes, varied)


@pytest.mark.parametrize("value", IDS, ids=repr)
def test_the_id_of_a_document_that_says_nothing_is_an_iri_too(value: object) -> None:
    """No quad has it."""
    shapes = Shapes(CONTEXTS)
    for known in ("urn:uuid:1", "urn:uuid:2", "urn:uuid:3", value):
        answered(shapes, {"@context": CONTEXT_LISTS[0], "id": known})


def test_threads_share_them() -> None:
    shapes = Shapes(CONTEXTS)
    documents = [badge(f"urn:uuid:{number}", title=f"title {number % 3}") for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda document: (shapes.canonical_utf8(document), document), documents))
    assert all(made is None or made == converted(document) for made, document in found)
    assert any(made is not None for made, _ in found)


def test_quads_that_become_one_are_not_written_as_two() -> None:
    same = _Filling(lambda texts: (texts[0],), varies=True)
    other = _Filling(lambda texts: (texts[1],), varies=True)
    assert _Group((same, other)).fill([b"b", b"a"]) == b"ab"
    with pytest.raises(OutsideSubsetError, match="two quads"):
        _Group((same, same)).fill([b"a", b"b"])


def test_a_shape_weighs_what_its_template_does() -> None:
    heavy: Any = SimpleNamespace(characters=7)
    assert (_Kept(heavy).characters, _Kept(None).characters) == (7, 1_000)


@pytest.mark.parametrize("mark", [_OPEN, _CLOSE])
def test_text_that_has_either_mark_of_a_slot_has_marks(mark: str) -> None:
    assert has_marks(f"a{mark}b".encode())
    assert not has_marks(b"ab")


def test_a_template_that_writes_texts_otherwise_than_the_conversion_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unquoted(DocumentTemplate):
        def canonical_utf8(self, values: Mapping[str, str]) -> bytes:
            return super().canonical_utf8(values).replace(b'\\"', b'"')

    monkeypatch.setattr("credserv.proof.rdf.shapes.DocumentTemplate", Unquoted)
    shapes = Shapes(CONTEXTS)
    assert [shapes.canonical_utf8(badge(f"urn:uuid:{number}")) for number in range(3)] == [None] * 3
