"""What verifies: for an installation (`services`), and without one (`without_installation`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from credserv.fetch.guarded import Fetcher, GuardedFetcher
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.keys.certificate_answers import MEDIA_TYPE as ANSWER_TYPE
from credserv.proof.keys.certificate_lists import MAX_BYTES as MAX_LIST_BYTES
from credserv.proof.keys.certificate_lists import MEDIA_TYPE as LIST_TYPE
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.verifying.checks.certificate_status import CertificateLists
from credserv.verifying.recipe import Verifier


@cache
def read_schemas(schemas_dir: Path) -> tuple[Canonizer, CredentialSchemas]:
    """Load the pinned files, checked and compiled once for all services of a process."""
    return Canonizer(PinnedContexts.load(schemas_dir)), CredentialSchemas.load(schemas_dir)


def build_verifier(
    canonizer: Canonizer,
    schemas: CredentialSchemas,
    *,
    clock_skew_seconds: int = 60,
    minimum_status_entries: int = 0,
) -> Verifier:
    return Verifier(
        suites=build_suites(canonizer),
        canonizer=canonizer,
        schemas=schemas,
        clock_skew_seconds=clock_skew_seconds,
        minimum_status_entries=minimum_status_entries,
    )


def certificate_lists(fetcher: Fetcher, clock_skew_seconds: int = 60) -> CertificateLists:
    def fetch(url: str) -> bytes:
        # Also over http: both are signed, and authorities name them so (RFC 5280, section 8).
        ask = fetcher.get_signed if isinstance(fetcher, GuardedFetcher) else fetcher.get
        return ask(url, accept=f"{LIST_TYPE}, {ANSWER_TYPE}", max_bytes=MAX_LIST_BYTES).body

    return CertificateLists(fetch, clock_skew_seconds)
