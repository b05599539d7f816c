"""The one door to canonicalization: what it gives, and by what name it refuses."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.errors import InputError, TooComplexError, UndefinedTermError, UnknownContextError
from credserv.proof.rdf.canonize import Canonizer
from tests.testkit.proofs import OB3, V2, badge, canonizer, issuer, leaves, pinned_contexts, replaced

UNSIGNED = badge(issuer())
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"


def credential(**members: Any) -> dict[str, Any]:
    return {"@context": [V2, OB3], "type": ["VerifiableCredential"], **members}


def test_a_small_credential() -> None:
    document = credential(id="urn:uuid:1", name="A", issuer="did:example:1")
    assert canonizer().canonize(document) == (
        "<urn:uuid:1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
        "<https://www.w3.org/2018/credentials#VerifiableCredential> .\n"
        '<urn:uuid:1> <https://schema.org/name> "A" .\n'
        "<urn:uuid:1> <https://www.w3.org/2018/credentials#issuer> <did:example:1> .\n"
    )


def test_members_and_sets_have_no_order() -> None:
    turned = {name: UNSIGNED[name] for name in reversed(UNSIGNED)}
    turned = replaced(turned, ("credentialSubject", "achievement", "tag"), ["coaching", "mentoring"])
    assert canonizer().canonize(turned) == canonizer().canonize(UNSIGNED)


def test_numbers_are_equal_when_json_says_so() -> None:
    path = ("credentialSubject", "achievement", "creditsAvailable")
    whole = canonizer().canonize(replaced(UNSIGNED, path, 2))
    assert canonizer().canonize(replaced(UNSIGNED, path, 2.0)) == whole


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\b\t\n\f\r", r'"\b\t\n\f\r"'),
        ('"\\', r'"\"\\"'),
        ("\x01\x0b\x1f\x7f", r'"\u0001\u000B\u001F\u007F"'),
        ("\ufffe\uffff", r'"\uFFFE\uFFFF"'),
        ("\x80\x85\u2028é𝒳", '"\x80\x85\u2028é𝒳"'),
    ],
)
def test_escapes_are_those_of_the_specification(text: str, written: str) -> None:
    """RDFC-1.0, appendix A. PyLD and jsonld.js leave most controls as they are; here they depart from it."""
    assert f"> {written} .\n" in canonizer().canonize(credential(name=text))


def test_lines_are_ordered_by_code_point() -> None:
    """jsonld.js orders by UTF-16 unit, where what is past the basic plane comes before U+FB01."""
    lines = canonizer().canonize(credential(name=["\ufb01", "\U0001d4b3"]))
    assert lines.index("\ufb01") < lines.index("\U0001d4b3")


def test_a_string_with_its_language() -> None:
    lines = canonizer().canonize(credential(name={"@value": "Mentorin", "@language": "de-AT"}))
    assert '"Mentorin"@de-at .' in lines


def test_an_embedded_credential_with_contexts_of_its_own() -> None:
    inner = credential(id="urn:uuid:2", name="Inner")
    document = {
        "@context": [V2, CLR, OB3],
        "type": ["VerifiableCredential", "ClrCredential"],
        "credentialSubject": {"type": ["ClrSubject"], "verifiableCredential": [inner]},
    }
    assert '<urn:uuid:2> <https://schema.org/name> "Inner" ' in canonizer().canonize(document)
    presentation = {"@context": [V2], "type": ["VerifiablePresentation"], "verifiableCredential": [inner]}
    assert '<urn:uuid:2> <https://schema.org/name> "Inner" _:c14n' in canonizer().canonize(presentation)


def test_a_json_literal_is_written_in_its_canonical_form() -> None:
    schema = {"type": "JsonSchema", "jsonSchema": {"b": [1.0, None, 1e21], "a": "\x0f€"}}
    document = credential(type=["VerifiableCredential", "JsonSchemaCredential"], credentialSubject=schema)
    lines = canonizer().canonize(document)
    assert '"{\\"a\\":\\"\\\\u000f€\\",\\"b\\":[1,null,1e+21]}"' in lines
    with pytest.raises(InputError):
        canonizer().canonize(replaced(document, ("credentialSubject", "jsonSchema", "b"), 2**60))


@pytest.mark.parametrize(
    ("document", "error", "named"),
    [
        ({}, UnknownContextError, "/@context"),
        ({"@context": V2}, InputError, "says nothing"),
        ({"@context": V2, "id": "urn:uuid:1"}, InputError, "says nothing"),
        ({"@context": 7}, UnknownContextError, "/@context"),
        ({"@context": [V2, "https://evil.example/"]}, UnknownContextError, "evil.example"),
        (credential(clearance="TOP"), UndefinedTermError, "'clearance'"),
        (credential(**{"a/b~c": 1}), UndefinedTermError, "/a~1b~0c"),
        (credential(type=["Administrator"]), UndefinedTermError, "'Administrator'"),
        (credential(id="alice"), UndefinedTermError, "'alice'"),
        (credential(issuer={"id": "did:example:1", "role": "x"}), UndefinedTermError, "/issuer/role"),
        (credential(verifiableCredential=["urn:uuid:1"]), InputError, "verifiableCredential"),
        (credential(relatedResource={"mediaType": 4}), InputError, None),
    ],
)
def test_refusals_name_what_and_where(
    document: dict[str, Any], error: type[InputError], named: str | None
) -> None:
    if named is None:
        assert canonizer().canonize(document)  # a number for an untyped term is itself
        return
    with pytest.raises(error) as caught:
        canonizer().canonize(document)
    assert named in caught.value.detail


def test_a_refusal_carries_its_place_as_a_pointer() -> None:
    with pytest.raises(UndefinedTermError) as caught:
        canonizer().canonize(replaced(UNSIGNED, ("credentialSubject", "result", 0, "grade"), "A"))
    assert [fault.place for fault in caught.value.faults] == ["/credentialSubject/result/0/grade"]


def test_the_deadline_bounds_what_the_general_way_takes() -> None:
    hasty = Canonizer(pinned_contexts(), deadline_seconds=0.005)
    with pytest.raises(TooComplexError):
        hasty.convert_generally(UNSIGNED)


def test_threads_share_it() -> None:
    expected = canonizer().canonize(UNSIGNED)
    fresh = Canonizer(pinned_contexts())
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(fresh.canonize(UNSIGNED))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_the_document_is_left_as_it_was() -> None:
    before = repr(UNSIGNED)
    canonizer().canonize(UNSIGNED)
    assert repr(UNSIGNED) == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PATHS = [path for path, _ in leaves(UNSIGNED)]


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from(PATHS), value=JSON)
def test_whatever_stands_in_a_place_it_is_signed_differently_or_refused(
    path: tuple[str | int, ...], value: Any
) -> None:
    """Never the same lines for another value, and never an error without a name."""
    original: Any = UNSIGNED
    for step in path:
        original = original[step]
    changed = replaced(UNSIGNED, path, value)
    try:
        lines = canonizer().canonize(changed)
    except InputError:
        return
    same = value == original and type(value) is type(original)
    assert (
        (lines == canonizer().canonize(UNSIGNED)) == same
        or path[0] == "@context"
        or value in ([original], [])
    )
