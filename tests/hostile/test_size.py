"""How much is answered for what a stranger sends: never much more than was sent (attack 166).

For each list and each text of rich credentials, the list is made long and the text is. Whatever repeats the
one for each item of the other would answer with gigabytes for a document of a megabyte.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest

from credserv.openbadges import room
from credserv.openbadges.display import build_display
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.verifying.checks.document_memory import Seen
from tests.hostile.test_cost import rich
from tests.testkit.proofs import SCHEMAS
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import token_issuer

ITEMS, CHARS = 250, 8_000
ROOM = 100_000
SECONDS = 20.0  # for all places of an object of two thousand members; each took two
NO_TEXTS = ("@context", "type", "resultType", "status", "level", "identityHash", "issuer")
ISSUER = token_issuer()
Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("size")
    return make_service(f"sqlite:///{folder / 's.sqlite'}", folder, rate_verify="99999/minute")


def full() -> dict[str, Any]:
    """With everything that is shown of a credential."""
    document = rich() | {"name": "n", "description": "d", "evidence": [{"type": ["Evidence"], "name": "e"}]}
    document["evidence"][0] |= {
        "id": "https://a.example/e",
        "narrative": "n",
        "description": "d",
        "genre": "g",
    }
    document |= ISSUER.badge(issuer={"id": ISSUER.did, "type": ["Profile"], "name": "i"}) | {
        name: document[name] for name in ("name", "description", "evidence", "credentialSubject")
    }
    subject = document["credentialSubject"]
    achievement = subject["achievement"]
    del achievement["endorsement"]
    achievement["alignment"] = [
        {"type": ["Alignment"], "targetName": "t", "targetUrl": "https://a.example/s"}
        | dict.fromkeys(("targetFramework", "targetCode", "targetDescription"), "f")
    ]
    level = {"id": "urn:uuid:2", "type": ["RubricCriterionLevel"], "name": "l", "level": "1"}
    achievement["resultDescription"][0] |= {
        "resultType": "RubricCriterionLevel",
        "rubricCriterionLevel": [level],
        "allowedValue": ["v"],
        "requiredValue": "r",
        "valueMin": "1",
        "valueMax": "2",
    }
    result = {
        "type": ["Result"],
        "resultDescription": "urn:uuid:1",
        "achievedLevel": "urn:uuid:2",
        "value": "v",
    }
    subject["result"] = [result, {"type": ["Result"], "value": "w", "status": "Completed"}]
    return document


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in below:
        yield from places(one, (*path, name))


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def lists() -> list[Path]:
    return [path for path, value in places(full()) if isinstance(value, list) and path != ("@context",)]


def grown(long_list: Path) -> dict[str, Any]:
    """The document with a long list, and long texts everywhere else but in what others refer to."""
    document = full()
    for path, value in list(places(document)):
        is_text = isinstance(value, str) and not value.startswith("urn:uuid:") and not {*path} & {*NO_TEXTS}
        if is_text and path[: len(long_list)] != long_list:
            at(document, path[:-1])[path[-1]] = value + "x" * CHARS
    listed = at(document, long_list)
    listed += [copy.deepcopy(listed[0]) for _ in range(ITEMS)]
    for number, item in enumerate(listed):
        if isinstance(item, dict) and "targetUrl" in item:
            item["targetUrl"] += str(number)
    return document


@pytest.mark.parametrize("long_list", lists(), ids=lambda path: ".".join(map(str, path)))
def test_attack_166_no_text_is_answered_for_each_item_of_a_list(
    service: Service, long_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_CHARS", ROOM)
    token = ISSUER.forge(ISSUER.header(), grown(long_list))
    client = service.client()
    told = client.post("/api/v1/verify", json={"credential": token})
    shown = client.post("/verify", data={"text": token})
    assert told.status_code == shown.status_code == 200
    assert max(len(told.data), len(shown.data)) < len(token) + 4 * ROOM


def test_attack_168_faults_of_a_wide_object_do_not_repeat_it() -> None:
    """Each member was a fault of its own, with a copy of the object: 170 kB took 18 GB and a minute."""
    schemas = CredentialSchemas.load(SCHEMAS)
    wide = {f"l{number}": number for number in range(2_000)}
    began = time.thread_time()
    for path, value in places(full()):
        document = full()
        if isinstance(value, dict):
            at(document, path).update(wide)
        else:
            at(document, path[:-1])[path[-1]] = wide
        faults = schemas.check_credential(document)
        assert all(fault.place for fault in faults if path)
    assert time.thread_time() - began < SECONDS


def test_attack_166_what_is_said_again_and_again_is_not_remembered() -> None:
    """A thousand documents are: each of 48 kB, signed by nobody, kept two megabytes for good."""
    document = full()
    subject = document["credentialSubject"]
    subject["achievement"]["alignment"] *= 40
    subject["result"] = [{"type": ["Result"], "value": f"{number}" + "x" * 10_000} for number in range(4)]
    seen = Seen()
    seen.keep_display(build_display(document))
    assert seen.display is None
    subject["result"] = subject["result"][:1]
    subject["result"][0]["value"] = "x"
    seen.keep_display(build_display(document))
    assert seen.display is not None
