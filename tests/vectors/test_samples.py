"""Signed credentials of other issuers, each with the verdict that its publisher gives it.

Which ones must come out as published is decided by the proof column of EXPECTED.tsv: what is secured in a
way that is not supported (yet) must come out as unknown, never as good.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.fetch import FileFetcher
from credserv.journeys.resolve import DidResolver
from credserv.store.records import IssuerRecord
from credserv.strict_json import parse_json_object
from credserv.verification import Outcome, VerificationResult
from credserv.verify import Resolvers
from tests.support.shared import shared_path
from tests.support.verifying import verifier

SUPPORTED = frozenset({"DataIntegrityProof/eddsa-rdfc-2022", "Ed25519Signature2020"})
# Their issuer is an https address, which no DID document vouches for, and their example context defines
# terms for anything, so that it is not carried: see test_legacy_suites.py for their signatures.
BY_NOBODY = "spruce/tests__lds-ed25519-2020"
NOW = datetime(2026, 3, 14, tzinfo=UTC)  # the samples' dates lie years to either side
SAMPLES = shared_path("samples/EXPECTED.tsv").parent
CODES = {
    "revoked": ("status", "revoked"),
    "expired": ("validity", "expired"),
    "not_yet_valid": ("validity", "not-yet-valid"),
    "invalid_signature": ("proof", "invalid-signature"),
    "status_list_invalid(list type)": ("status", "status-list"),
}


def rows() -> Iterator[dict[str, str]]:
    with (SAMPLES / "EXPECTED.tsv").open(newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


def is_supported(row: dict[str, str]) -> bool:
    """A second proof of another kind beside one that is known decides nothing."""
    return not row["file"].startswith(BY_NOBODY) and any(
        proof in SUPPORTED for proof in row["proof"].split("+")
    )


CREDENTIALS = [row for row in rows() if not row["file"].startswith("hosts/") and row["proof"] != "none"]


def verify(name: str, **settings: int) -> tuple[dict[str, Any], VerificationResult]:
    document = parse_json_object((SAMPLES / name).read_bytes())
    hosts = FileFetcher(SAMPLES / "hosts")
    resolvers = Resolvers(
        resolve_did=DidResolver(issuer=lambda: IssuerRecord("did:example:nobody", {}), fetcher=hosts),
        fetch=hosts,
        own_status_list=lambda url: None,
    )
    return document, verifier(**settings).verify_credential(document, now=NOW, resolvers=resolvers)


@pytest.mark.parametrize(
    "row", [row for row in CREDENTIALS if is_supported(row)], ids=lambda row: row["file"]
)
def test_a_supported_sample_gets_the_verdict_of_its_publisher(row: dict[str, str]) -> None:
    _, result = verify(row["file"])
    if row["expected"] == "valid":
        assert result.verified, result.checks
        return
    assert not result.verified
    assert not result.unknown
    for word in row["expected"].split("+"):
        name, code = CODES[word]
        check = result.check(name)
        assert check is not None
        assert (check.outcome, check.code) == (Outcome.FAILED, code), check


def test_a_short_list_says_nothing_where_the_operator_asks_for_a_longer_one() -> None:
    """The list of revoked ones has 100,000 entries."""
    name = "dcc/v1__dataIntegrityProof__didWeb__legacy-revokedStatus-noExpiry.json"
    _, result = verify(name, minimum_status_entries=131_072)
    status = result.check("status")
    assert status is not None
    assert (status.outcome, status.code) == (Outcome.UNKNOWN, "status-list-length")
    assert not result.verified


@pytest.mark.parametrize(
    "row", [row for row in CREDENTIALS if not is_supported(row)], ids=lambda row: row["file"]
)
def test_an_unsupported_sample_is_unknown(row: dict[str, str]) -> None:
    """Those with an inline context too, whatever its terms mean: the bad ones, and the one that is good."""
    _, result = verify(row["file"])
    assert result.unknown
    assert not result.verified
    proof = result.check("proof")
    assert proof is not None
    assert proof.code in ("unsupported-proof", "unknown-context")


def test_some_of_either_kind_are_there() -> None:
    assert sum(map(is_supported, CREDENTIALS)) >= 21
    assert {row["expected"] for row in CREDENTIALS if is_supported(row)} > {"valid", "revoked", "expired"}


@pytest.mark.parametrize(
    "row", [row for row in CREDENTIALS if is_supported(row)], ids=lambda row: row["file"]
)
def test_a_changed_sample_is_not_verified(row: dict[str, str]) -> None:
    document = parse_json_object((SAMPLES / row["file"]).read_bytes())
    document["name"] = "Changed"
    hosts = FileFetcher(SAMPLES / "hosts")
    did = DidResolver(issuer=lambda: IssuerRecord("did:example:nobody", {}), fetcher=hosts)
    resolvers = Resolvers(resolve_did=did, fetch=hosts, own_status_list=lambda url: None)
    result = verifier().verify_credential(document, now=NOW, resolvers=resolvers)
    proof = result.check("proof")
    assert proof is not None
    assert (proof.outcome, proof.code) == (Outcome.FAILED, "invalid-signature")
