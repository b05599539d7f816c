"""Signing keys, and the DID documents that publish them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from credserv.app.did_histories import names_keys_of
from credserv.app.doctor.ward import Ward
from credserv.app.open_keys import open_key, signing_key
from credserv.fetch.guarded import FetchLimits, GuardedFetcher
from credserv.ground.errors import CredservError, InputError, SigningKeyError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.publish.did_documents import did_document
from credserv.proof.keys.verification_method import did_web_url
from credserv.proof.webvh.identifier import log_url
from credserv.proof.webvh.log import read_log
from credserv.records.health import Finding


def signing_keys(ward: Ward) -> Iterator[Finding]:
    """Check the active key of every organisation: present, private, and the one its record names."""
    for known in ward.store.organisations.list():
        try:
            key = signing_key(known)
            open_key(ward.settings, key).sign(b"doctor")
        except SigningKeyError as error:
            mend = _mend(ward, error.detail)
            yield Finding("signing-keys", False, f"{error.detail}.", mend, organisation=known.id)
        else:
            said = f"{key.signer_uri} opens and signs."
            yield Finding("signing-keys", True, said, organisation=known.id)


def _mend(ward: Ward, detail: str) -> str:
    if "has mode" in detail:
        return f"chmod 600 {shlex.quote(detail.partition(' has mode')[0])}"
    if "the token " in detail or "credserv[pkcs11]" in detail:
        return "credserv keys token"
    if "AWS KMS" in detail or "credserv[aws]" in detail:
        return "credserv keys list"  # names the key; KMS said what to do
    if "no active signing key" in detail:
        return "credserv keys create"
    return f"ls -l {shlex.quote(str(ward.settings.keys_dir))}"


def did_documents(ward: Ward) -> Iterator[Finding]:
    """Fetch each document as any verifier would, and compare it with ours."""
    fetcher = GuardedFetcher(FetchLimits(cache_seconds=0, failure_seconds=0))
    for known in ward.store.organisations.list():
        if not known.did.startswith("did:web:"):
            said = "A did:key is its own document."
            yield Finding("did-document", None, said, organisation=known.id)
            continue
        url = did_web_url(known.did, allow_port=True)
        wanted = did_document(known)
        mend = f"curl -i {shlex.quote(url)}"
        try:
            served = parse_json_object(fetcher.get(url).spoken_by_host())
        except (InputError, CredservError) as error:
            said = f"{url} cannot be read as verifiers read it: {error.detail}. No badge verifies without it."
            yield Finding("did-document", False, said, mend, organisation=known.id)
            continue
        same = served.get("id") == wanted["id"] and _methods(served) == _methods(wanted)
        said = (
            f"{url} names the keys of this installation."
            if same
            else f"{url} names other keys than are here."
        )
        yield Finding("did-document", same, said, "" if same else mend, organisation=known.id)


def did_logs(ward: Ward) -> Iterator[Finding]:
    """Check the log of each did:webvh that verifiers use: complete, with the current keys, and served."""
    fetcher = GuardedFetcher(FetchLimits(cache_seconds=0, failure_seconds=0))
    for known in ward.store.organisations.list():
        history = ward.store.of(known.id).did_histories.get()
        if history is None:
            yield Finding("did-log", None, "There is no did:webvh.", organisation=known.id)
            continue
        url = log_url(history.did)
        said, mend = f"{url} is the whole log, with the keys of this installation.", ""
        try:
            newest = read_log(history.log.encode()).newest
            if not names_keys_of(newest, known):
                said, mend = (
                    f"The log of {history.did} names other keys than are here.",
                    "credserv did update",
                )
            elif fetcher.get(url).body != history.log.encode():
                said, mend = f"{url} serves another log than is here.", f"curl -i {shlex.quote(url)}"
        except CredservError as error:
            said = f"{url} cannot be followed as verifiers do: {error.detail}."
            mend = f"curl -i {shlex.quote(url)}"
        yield Finding("did-log", not mend, said, mend, organisation=known.id)


def _methods(document: object) -> object:
    found = document.get("verificationMethod") if isinstance(document, dict) else None
    return sorted(str(method.get("id")) for method in found) if isinstance(found, list) else None
