"""The names of did:webvh: read, followed to their log, or refused with the right reason."""

from __future__ import annotations

import pytest

from credserv.ground.errors import InputError, UnsupportedProofError
from credserv.proof.webvh.identifier import Wanted, log_url, read_did, web_did, witness_url

SCID = "Qm" + "1" * 44
DID = f"did:webvh:{SCID}:school.example"


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("", None),
        ("?versionId=2-Qm", ("versionId", "2-Qm")),
        ("?versionNumber=", ("versionNumber", "")),
        ("?versionTime=2026-03-14T09:00:00Z", ("versionTime", "2026-03-14T09:00:00Z")),
    ],
)
def test_a_did_says_its_scid_and_which_version_is_asked_for(
    asked: str, query: tuple[str, str] | None
) -> None:
    assert read_did(DID + asked) == Wanted(DID, SCID, query)


@pytest.mark.parametrize(
    "did",
    [
        f"did:web:{SCID}:school.example",
        f"{SCID}:school.example",
        "did:webvh:school.example",
        f"did:webvh:{SCID[:-1]}:school.example",
        f"did:webvh:{SCID}0:school.example",
        f"did:webvh:{SCID}",
        f"did:webvh:{SCID}:",
    ],
)
def test_what_is_no_did_webvh_is_refused(did: str) -> None:
    with pytest.raises(InputError, match="not a did:webvh with its SCID and host"):
        read_did(did)


@pytest.mark.parametrize(
    "query", ["", "service=files", "versionId=1&versionNumber=1", "versionId=1&versionId=1"]
)
def test_a_query_that_asks_otherwise_is_not_understood_and_not_false(query: str) -> None:
    with pytest.raises(UnsupportedProofError):
        read_did(f"{DID}?{query}")


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(InputError):
        read_did(f"{DID}?versionTime=yesterday")


def test_the_same_place_as_a_did_web() -> None:
    assert web_did(f"{DID}:staff:1") == "did:web:school.example:staff:1"
    for other in ("did:web:school.example", "did:key:z6Mk", "https://school.example/a:b:c:d"):
        assert web_did(other) == other


@pytest.mark.parametrize(("path", "folder"), [("", ".well-known"), (":staff", "staff"), (":a:b", "a/b")])
def test_a_log_and_its_witnesses_lie_beside_each_other(path: str, folder: str) -> None:
    assert log_url(DID + path) == f"https://school.example/{folder}/did.jsonl"
    assert witness_url(DID + path) == f"https://school.example/{folder}/did-witness.json"


@pytest.mark.parametrize("place", ["school.example%3A8443", "school.example%3A8443:staff", "schüle.example"])
def test_a_port_and_a_name_beyond_ascii_are_not_followed_and_not_false(place: str) -> None:
    with pytest.raises(UnsupportedProofError, match="port or beyond ASCII"):
        log_url(f"did:webvh:{SCID}:{place}")


@pytest.mark.parametrize(
    ("did", "error"),
    [
        (f"did:webvh:{SCID}:127.0.0.1", InputError),
        ("did:web:school.example", InputError),
        (DID + "?x=1", UnsupportedProofError),
    ],
)
def test_no_log_lies_where_no_resolver_could_go(did: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        log_url(did)
