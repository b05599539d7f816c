"""The compiled conversion against PyLD and pyoxigraph, on documents nobody thought of.

A longer run: `./dev prove random --documents 20000`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.nquads import escape
from credserv.proof.rdf.quads import to_dataset
from credserv.proof.rdf.scoped_contexts import MAX_KEPT, ScopedContexts
from credserv.proof.rdf.strict_jsonld import MAX_DEPTH, is_half_pair
from credserv.proof.rdf.terms import OutsideSubsetError
from tests.testkit.documents import CONTEXT_LISTS, DocumentMaker
from tests.testkit.oracles import SCHEMAS, oxigraph_canonical, pyld_canonical
from tests.testkit.proofs import V2, contexts_with

EXAMPLES = int(os.environ.get("CREDSERV_FUZZ_EXAMPLES", "60"))
PINNED = PinnedContexts.load(SCHEMAS)
CONTEXTS = ScopedContexts(PINNED)
CANONIZER = Canonizer(PINNED, deadline_seconds=60)


def canonical(document: dict[str, Any]) -> str:
    return to_dataset(CONTEXTS, document).canonical()


def badge(**members: Any) -> dict[str, Any]:
    return {"@context": CONTEXT_LISTS[0], "type": ["VerifiableCredential", "OpenBadgeCredential"], **members}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=0, max_value=2**63))
def test_random_documents_canonicalize_as_both_oracles_do(seed: int) -> None:
    document = DocumentMaker(CONTEXTS, seed).document()
    try:
        ours = canonical(document)
    except OutsideSubsetError:  # the general way has the say, and says what the oracles do if anything
        return
    assert ours == pyld_canonical(document), f"seed {seed}"
    assert ours == oxigraph_canonical(document), f"seed {seed}"


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_is_written_as_the_specification_says(text: str) -> None:
    """PyLD leaves some controls raw; pyoxigraph and the specification (appendix A) escape them."""
    if "\x00" in text or any(ord(char) & 0xFFFF >= 0xFFFE for char in text):
        return
    document = badge(name=text)
    assert to_dataset(CONTEXTS, document).canonical() == oxigraph_canonical(document)


def test_control_characters_are_escaped() -> None:
    assert '"\\b\\t\\n\\f\\r\\"\\\\\\u0001\\u007F"' in canonical(badge(name='\b\t\n\f\r"\\\x01\x7f'))


def test_lines_are_sorted_by_code_point() -> None:
    quads = canonical(badge(name=["\U0001f600", "\ufb01"]))
    assert quads.index("\ufb01") < quads.index("\U0001f600")


@pytest.mark.parametrize(
    "member",
    [
        {"clearance": "TOP"},
        {"@foo": "x"},
        {"_:p": "x"},
        {"description": None},
        {"@included": [{"id": "urn:x"}]},
        {"@reverse": {"name": {"id": "urn:x"}}},
        {"@graph": []},
        {"name": [["nested"]]},
        {"name": {"@value": "x", "@direction": "rtl"}},
        {"name": {"@value": "x", "@language": "not a tag"}},
        {"name": {"@value": 5, "@type": "@json"}},
        {"id": 5},
        {"id": "_:b0"},
        {"type": 5},
        {"type": [5]},
        {"evidence": 5},
        {"evidence": {}},
        {"name": float("inf")},
        {"tag": ["twice", "twice"]},
        {"evidence": [{"id": "urn:x", "name": "a"}, {"id": "urn:x", "name": "b"}]},
        {"type": ["VerifiableCredential", "VerifiableCredential"]},
        {"type": []},
        {"type": ["VerifiableCredential", "AdminCredential"]},
        {"id": "alice"},
        {"id": "https://a.example/<x>"},
        {"evidence": "not-absolute"},
        {"name": 2**53},
        {"name": 10**400},
        {"name": float("nan")},
        {"name": 0.1234567890123456789},
        {"name": "half a pair \ud800"},
        {"proof": "urn:x"},
        {"proof": 7},
        {"proof": {"id": "urn:x"}},
        {"proof": {"@value": "x", "@language": "en"}},
    ],
)
def test_what_the_tables_cannot_express_is_left_to_the_general_path(member: dict[str, Any]) -> None:
    with pytest.raises(OutsideSubsetError):
        canonical(badge(**member))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=0, max_value=2**63))
def test_the_fast_way_accepts_nothing_that_the_general_way_refuses(seed: int) -> None:
    document = DocumentMaker(CONTEXTS, seed).document()
    try:
        dataset = to_dataset(CONTEXTS, document)
    except OutsideSubsetError:
        return
    assert dataset.canonical() == CANONIZER.convert_generally(document).canonical(), f"seed {seed}"


def test_a_node_without_a_quad_in_a_graph_of_its_own_takes_no_name() -> None:
    document = badge(proof={"name": []}, evidence=[{"name": "a"}, {"name": "b"}])
    with pytest.raises(OutsideSubsetError):
        canonical(document)
    assert CANONIZER.canonize(document) == pyld_canonical(document)


def test_a_term_that_stands_for_nothing_is_none() -> None:
    url = "https://a.example/context"
    contexts = ScopedContexts(PINNED.extended({url: {"@context": {"unused": None}}}))
    document = badge(name="a", url="https://a.example/") | {"@context": [*CONTEXT_LISTS[0], url]}
    assert to_dataset(contexts, document).canonical() == canonical(badge(name="a", url="https://a.example/"))
    with pytest.raises(OutsideSubsetError):
        to_dataset(contexts, document | {"unused": "x"})


def test_an_abbreviated_address_is_left_to_the_general_way() -> None:
    url = "https://a.example/context"
    contexts = ScopedContexts(PINNED.extended({url: {"@context": {"ex": "https://ex.example/#"}}}))
    document = badge() | {"@context": [*CONTEXT_LISTS[0], url]}
    assert "<ex://a>" in to_dataset(contexts, document | {"id": "ex://a"}).canonical()
    with pytest.raises(OutsideSubsetError, match="abbreviated"):
        to_dataset(contexts, document | {"id": "ex:a"})


def test_a_document_is_converted_to_its_depth() -> None:
    def nested(levels: int) -> dict[str, Any]:
        member: dict[str, Any] = {"type": "Profile", "name": "last"}
        for _ in range(levels - 1):
            member = {"type": "Profile", "parentOrg": member}
        return badge(issuer=member)

    assert '"last"' in canonical(nested(MAX_DEPTH))
    with pytest.raises(OutsideSubsetError):
        canonical(nested(MAX_DEPTH + 1))


def test_an_embedded_credential_brings_its_own_context() -> None:
    endorsement = {
        "@context": CONTEXT_LISTS[0],
        "id": "urn:uuid:endorsement",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsed",
        "credentialSubject": {"id": "urn:uuid:1", "type": "EndorsementSubject", "endorsementComment": "Good"},
        "proof": {"type": "DataIntegrityProof", "proofPurpose": "assertionMethod", "proofValue": "z1"},
    }
    document = badge(id="urn:uuid:badge", endorsement=[endorsement])
    assert canonical(document) == pyld_canonical(document)


def test_combinations_of_types_cannot_claim_memory_without_end() -> None:
    contexts = ScopedContexts(PINNED)
    urls = tuple(CONTEXT_LISTS[0])
    first = contexts.root(urls)
    for _ in range(MAX_KEPT - 1):
        contexts.count()
    assert contexts.root(urls) is first
    contexts.count()
    assert contexts.root(urls) is not first
    assert canonical(badge(name="after")) == to_dataset(contexts, badge(name="after")).canonical()


def test_threads_share_the_compiled_contexts() -> None:
    contexts = ScopedContexts(PINNED)
    documents = [
        badge(name=f"badge {number}", evidence=[{"name": "a"}, {"name": "b"}]) for number in range(40)
    ]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda document: to_dataset(contexts, document).canonical(), documents * 4))
    assert found == [canonical(document) for document in documents] * 4


def test_most_random_documents_go_the_fast_way() -> None:
    """Or the comparisons above would compare little."""
    fast = 0
    for seed in range(60):
        with suppress(OutsideSubsetError):
            to_dataset(CONTEXTS, DocumentMaker(CONTEXTS, seed).document())
            fast += 1
    assert fast >= 30


def test_what_is_printable_needs_no_escape_and_is_no_half_pair() -> None:
    """So texts that are printable, but for quotes and backslashes, go into a literal as they are."""
    printable = (chr(code) for code in range(0x110000) if chr(code).isprintable())
    text = "".join(char for char in printable if char not in '"\\')
    assert escape(text) == text
    assert not is_half_pair(text)


def test_an_address_is_converted_beside_prefixes_that_are_not_its_own() -> None:
    contexts = contexts_with(
        {"https://x.example/v1": {"@context": {"x": "https://x.example/#", "gone": None}}}
    )
    scoped = ScopedContexts(contexts)
    document = {"@context": [V2, "https://x.example/v1"], "type": "VerifiableCredential", "issuer": "did:x:1"}
    assert "x" in scoped.root((V2, "https://x.example/v1")).prefixes
    assert b"<did:x:1>" in to_dataset(scoped, document).canonical_utf8()
    assert b"<x://host/a>" in to_dataset(scoped, document | {"issuer": "x://host/a"}).canonical_utf8()
    with pytest.raises(OutsideSubsetError, match="an abbreviated IRI"):
        to_dataset(scoped, document | {"issuer": "x:1"})
