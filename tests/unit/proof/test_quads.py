"""The compiled conversion against PyLD and pyoxigraph, on documents nobody thought of.

A longer run: `CREDSERV_FUZZ_EXAMPLES=20000 ./dev test tests/unit/proof/test_quads.py`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credserv.errors import UndefinedTermError
from credserv.proof.compiled_context import MAX_TABLES, ContextCompiler, OutsideSubsetError
from credserv.proof.quads import to_dataset
from tests.support.documents import CONTEXT_LISTS, DocumentMaker
from tests.support.oracles import oxigraph_canonical, pinned_documents, pyld_canonical

EXAMPLES = int(os.environ.get("CREDSERV_FUZZ_EXAMPLES", "300"))
COMPILER = ContextCompiler(lambda url: pinned_documents()[url])


def canonical(document: dict[str, Any]) -> str:
    return to_dataset(COMPILER, document).canonical()


def badge(**members: Any) -> dict[str, Any]:
    return {"@context": CONTEXT_LISTS[0], "type": ["VerifiableCredential", "OpenBadgeCredential"], **members}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=0, max_value=2**63))
def test_random_documents_canonicalize_as_both_oracles_do(seed: int) -> None:
    document = DocumentMaker(COMPILER, seed).document()
    ours = canonical(document)
    assert ours == pyld_canonical(document), f"seed {seed}"
    assert ours == oxigraph_canonical(document), f"seed {seed}"


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_is_written_as_the_specification_says(text: str) -> None:
    """PyLD leaves some controls raw; pyoxigraph and the specification (appendix A) escape them."""
    if "\x00" in text or any(ord(char) & 0xFFFF >= 0xFFFE for char in text):
        return
    document = badge(name=text)
    assert to_dataset(COMPILER, document).canonical() == oxigraph_canonical(document)


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
        {"evidence": {"@context": {"x": "urn:x"}, "name": "n"}},
    ],
)
def test_what_the_tables_cannot_express_is_left_to_the_general_path(member: dict[str, Any]) -> None:
    with pytest.raises(OutsideSubsetError):
        canonical(badge(**member))


@pytest.mark.parametrize(
    "member",
    [
        {"id": "alice"},
        {"id": "/relative"},
        {"id": "https://a.example/<x>"},
        {"type": ["VerifiableCredential", "AdminCredential"]},
        {"evidence": "not-absolute"},
        {"name": "half a pair \ud800"},
    ],
)
def test_what_no_signature_would_cover_is_refused(member: dict[str, Any]) -> None:
    with pytest.raises(UndefinedTermError):
        canonical(badge(**member))


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
    compiler = ContextCompiler(lambda url: pinned_documents()[url])
    urls = tuple(CONTEXT_LISTS[0])
    first = compiler.root(urls)
    for _ in range(MAX_TABLES):
        compiler.count_table()
    assert compiler.root(urls) is not first
    assert canonical(badge(name="after")) == to_dataset(compiler, badge(name="after")).canonical()


def test_threads_share_one_compiler() -> None:
    compiler = ContextCompiler(lambda url: pinned_documents()[url])
    documents = [DocumentMaker(COMPILER, seed).document() for seed in range(40)] * 4
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda document: to_dataset(compiler, document).canonical(), documents))
    assert found == [canonical(document) for document in documents]
