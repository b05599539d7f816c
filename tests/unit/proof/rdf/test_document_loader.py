from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from credserv.ground.errors import SettingsError, UnknownContextError
from credserv.proof.rdf.document_loader import PinnedContexts
from tests.testkit.proofs import OB3, SCHEMAS, V2, pinned_contexts
from tests.testkit.shared import shared_path

# Ours by address, the published files by name.
PUBLISHED = {
    V2: "credentials-v2.jsonld",
    "https://www.w3.org/2018/credentials/v1": "2018-credentials-v1.jsonld",
    OB3: "ob-v3p0-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": "ob-v3p0-3.0.2.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": "ob-v3p0-3.0.1.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context.json": "ob-v3p0.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": "ob-v3p0-extensions.json",
    "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json": "clr-v2p0-2.0.1.json",
    "https://purl.imsglobal.org/spec/clr/v2p0/context.json": "clr-v2p0.json",
    "https://w3id.org/security/data-integrity/v1": "data-integrity-v1.jsonld",
    "https://w3id.org/security/suites/ed25519-2020/v1": "security-suites-ed25519-2020-v1.jsonld",
    "https://w3id.org/security/suites/jws-2020/v1": "suites-jws-2020.jsonld",
    "https://www.w3.org/ns/did/v1": "did-v1.jsonld",
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(SCHEMAS / "contexts", tmp_path / "contexts")
    shutil.copy(SCHEMAS / "MANIFEST.json", tmp_path)
    return tmp_path


@pytest.mark.parametrize(("url", "name"), PUBLISHED.items())
def test_carried_contexts_equal_the_published_ones(url: str, name: str) -> None:
    published = json.loads((shared_path("standards/contexts") / name).read_text())
    assert pinned_contexts().document(url) == published


def test_contexts_of_the_standards_are_none_of_others() -> None:
    of_others = pinned_contexts().of_others
    assert of_others
    assert of_others < pinned_contexts().urls
    assert of_others.isdisjoint(PUBLISHED)


def test_the_later_text_of_open_badges_3_0_3_is_carried() -> None:
    text = json.dumps(pinned_contexts().document(OB3))
    assert "endorsementJwt" in text
    assert '"jti"' in text


# Gives each of them the meaning "issuer-dependent" of data model 1.1: it is signed like all else.
ISSUER_DEPENDENT = {"https://w3id.org/traceability/v1"}


def test_no_other_carried_context_gives_undefined_terms_a_meaning() -> None:
    for url in set(pinned_contexts().urls) - ISSUER_DEPENDENT:
        assert '"@vocab":' not in json.dumps(pinned_contexts().document(url)), url
    for url in ISSUER_DEPENDENT:
        found = re.findall('"@vocab": "([^"]*)"', json.dumps(pinned_contexts().document(url)))
        assert set(found) == {"https://www.w3.org/ns/credentials/issuer-dependent#"}


def test_an_unknown_url_is_named() -> None:
    with pytest.raises(UnknownContextError, match=r"evil\.example"):
        pinned_contexts().document("https://evil.example/context")


def test_a_changed_file_is_refused(copied: Path) -> None:
    file = copied / "contexts" / "credentials-v2.jsonld"
    file.write_bytes(file.read_bytes().replace(b"VerifiableCredential", b"VerifiableCredentiaL", 1))
    with pytest.raises(SettingsError, match=r"credentials-v2\.jsonld"):
        PinnedContexts.load(copied)


def test_an_unlisted_file_is_refused(copied: Path) -> None:
    (copied / "contexts" / "more.jsonld").write_text("{}")
    with pytest.raises(SettingsError, match=r"MANIFEST\.json"):
        PinnedContexts.load(copied)


def test_a_missing_file_is_refused(copied: Path) -> None:
    (copied / "contexts" / "did-v1.jsonld").unlink()
    with pytest.raises(SettingsError, match=r"did-v1\.jsonld"):
        PinnedContexts.load(copied)


@pytest.mark.parametrize("manifest", [None, "{", "[]"])
def test_a_manifest_that_says_nothing_is_refused(copied: Path, manifest: str | None) -> None:
    (copied / "MANIFEST.json").unlink()
    if manifest is not None:
        (copied / "MANIFEST.json").write_text(manifest)
    with pytest.raises(SettingsError, match=r"MANIFEST\.json"):
        PinnedContexts.load(copied)


def test_every_file_of_the_manifest_says_where_it_is_from() -> None:
    for entry in json.loads((SCHEMAS / "MANIFEST.json").read_text()):
        assert {"path", "urls", "source", "licence", "sha256"} <= set(entry), entry["path"]
        assert (SCHEMAS / entry["path"]).is_file()
