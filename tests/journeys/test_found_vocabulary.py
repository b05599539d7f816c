"""Row D9 of found.md: one word of the API has one meaning, or its meanings are written down."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from credserv.accreditation.standing import State
from credserv.records.accreditation import ApplicationState
from credserv.records.credentials import CredentialState
from credserv.records.sources import EventState
from tests.testkit.service import Service

ROOT = Path(__file__).resolve().parents[2]
WORDS = (ROOT / "docs" / "administrator.md").read_text().split("### The words of the API")[1]
# Members that are of several kinds, and why they may be. Nothing else is.
SEVERAL = {
    "accreditation": "a report says how it stands, an audit's finding names which one",
    "achievement": "a definition carries the achievement itself, an order names it by its key",
    "after": "a move says what somebody works as then, a programme whose requirements it is shaped after",
    "answer": "of eligibility and of a rule's dry run, two closed lists; of one requirement its own",
    "by": "who acted; of eligibility the credentials that an answer rests on",
    "created": "of a batch a count; in the VC-API the standard's date of a proof",
    "credential": "what is handed in, in the form in which its owner has it; in answers deprecated",
    "criteria": "of an achievement one text, of an assignment each of them",
    "data": "an event's is the learning system's, a check's are facts",
    "effective": "taken as a day or an instant, answered as an instant",
    "ended": "taken as a day or an instant, answered as an instant",
    "endorsements": "of an application each of them, of a report which count",
    "error": "of an order and of a question, with the same `code` and `detail`",
    "high": "of a suggestion days, of a published figure as it may be shown",
    "issuer": "a report says who it is, the content how that is written",
    "kind": "a report's and an achievement's are two closed lists",
    "learners": "of a cohort who, in answers how many; of a check of fairness as it may be shown",
    "level": "of a skill and of work a name, of an observation and a programme a number",
    "low": "of a suggestion days, of a published figure as it may be shown",
    "maximum": "of a score a number, of what a badge measures as the badge says it",
    "mentors": "of a plan each with what they can do, of a check of fairness as it may be shown",
    "minimum": "of an audit how many at least, of what a badge measures as the badge says it",
    "missing": "of a requirement a sentence, of a person the sentences of all",
    "not_counted": "of figures how many, as it may be shown; of eligibility which credentials, and why",
    "options": "the VC-API has others for each call",
    "outcome": "of an audit's case and of a check, two closed lists",
    "pathway": "a rule has the whole, what is told of people names one",
    "people": "of a dry run each, of figures how many, as it may be shown",
    "person": "who is entered is described, who is told of is named",
    "profile": "eligibility takes a role profile whole or by its key, and answers with its name",
    "programme": "where one is loaded or shown the whole, else its key",
    "recipient": "an order needs more of a person than a question about them",
    "rule": "of an achievement the whole, of an audit how it draws, in words",
    "sessions": "of a wish how many, of a plan how many for each cohort",
    "state": "of credentials and events, two closed lists without a common word",
    "status": "RFC 9457, Open Badges and the VC-API each have their own",
    "value": "of a result and a name as it was told, of a plan what a session is worth, in numbers",
    "verifiableCredential": "the VC-API takes both forms",
    "verifiablePresentation": "the VC-API takes both forms",
    "why": "a sentence; of a cohort's places one for each mentor",
}
FORM = {"VerifyFileForm", "VerifyFilesForm"}  # of files, not JSON


@pytest.fixture
def shapes(sqlite_service: Service) -> dict[str, Any]:
    found: dict[str, Any] = sqlite_service.client().get("/api/v1/openapi.json").json["components"]["schemas"]
    return {name: shape for name, shape in found.items() if name not in FORM}


def members(shapes: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every member of every shape: the shape's name, its own, and what is said of it."""
    return [
        (shape, name, said)
        for shape, described in shapes.items()
        for name, said in described.get("properties", {}).items()
    ]


def kind_of(said: dict[str, Any]) -> str:
    """Its type, whether or not it may be null; of a closed list of words, the words."""
    types = said.get("type", [])
    bare = sorted({*([types] if isinstance(types, str) else types)} - {"null"})
    held = {key: said[key] for key in ("$ref", "anyOf") if key in said}
    return json.dumps([bare, held])


def test_found_d9_each_member_is_of_one_kind_wherever_it_stands(shapes: dict[str, Any]) -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    lists: dict[str, list[set[str]]] = defaultdict(list)
    for _, name, said in members(shapes):
        kinds[name].add(kind_of(said))
        if "enum" in said:
            lists[name].append({str(word) for word in said["enum"]})
    assert len(kinds) > 80
    of_several = {name for name, found in kinds.items() if len(found) > 1}
    # Of a closed list, a shorter one is a part: another list is another meaning.
    of_several |= {
        name
        for name, found in lists.items()
        if any(not (one <= other or other <= one) for one in found for other in found)
    }
    assert of_several == set(SEVERAL)
    assert [name for name in SEVERAL if f"`{name}`" not in WORDS] == []


def test_found_d9_the_states_are_those_that_are_written_down(shapes: dict[str, Any]) -> None:
    credentials, events = ({word.value for word in words} for words in (CredentialState, EventState))
    applications = {"complete", *(word.value for word in ApplicationState)}
    accreditations = {"not-established", *(word.value for word in State)}
    assert credentials.isdisjoint(events)
    for shape, name, said in members(shapes):
        if name == "state" and "enum" in said:
            words = set(said["enum"])
            assert any(words <= one for one in (credentials, events, applications, accreditations)), shape
    assert [
        word for word in credentials | events | applications | accreditations if f"`{word}`" not in WORDS
    ] == []


def test_found_d9_what_is_deprecated_is_told_with_what_takes_its_place(shapes: dict[str, Any]) -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    deprecated = [(shape, name, said) for shape, name, said in members(shapes) if said.get("deprecated")]
    assert len(deprecated) > 4
    for shape, name, said in deprecated:
        (successor,) = re.findall(r"`([a-z_]+)`", said["description"])
        assert successor in shapes[shape]["properties"], shape
        assert re.search(rf"^\| `{name}` \| .+ \| `{successor}` \|$", WORDS, re.MULTILINE), name
        assert re.search(rf"`{name}`[^;.]*now\s+`{successor}`", changes), name


def test_found_u5_every_list_is_spelled_alike(sqlite_service: Service) -> None:
    """What `list…` answers has `items`, and no other list that is not its former name; a page has `next`."""
    described = sqlite_service.client().get("/api/v1/openapi.json").json
    shapes = described["components"]["schemas"]
    listing = {
        asked["operationId"]: asked
        for operations in described["paths"].values()
        for asked in operations.values()
        if isinstance(asked, dict) and asked.get("operationId", "").startswith("list")
    }
    assert len(listing) > 5
    for name, asked in listing.items():
        answer = asked["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        said = shapes[answer.rpartition("/")[2]]["properties"]
        lists = {
            member for member, one in said.items() if one.get("type") == "array" and not one.get("deprecated")
        }
        assert lists == {"items"}, name
        pages = {one["name"] for one in asked.get("parameters", ()) if one["in"] == "query"} & {
            "after",
            "limit",
        }
        assert pages == ({"after", "limit"} if "next" in said else set()), name


def test_found_d9_a_credential_is_called_alike_by_every_door(sqlite_service: Service) -> None:
    """By hook, event, order, batch and list: its URL, its short name, how it stands."""
    service, client, headers = sqlite_service, sqlite_service.client(), sqlite_service.api_headers()
    sent = service.send_event(event_id="evt_words").json
    url = sent["credential_url"]
    order = {"achievement": "mentor-foundation", "recipient": {"email": "sam@example.org"}}
    row = {**order, "idempotency_key": "words-0001"}
    batch = client.post("/api/v1/credentials/batch", json={"items": [row]}, headers=headers).json["items"]
    listed = client.get("/api/v1/credentials", headers=headers).json["items"]
    event = client.get("/api/v1/events/academy-lms/evt_words", headers=headers).json
    assert event["credential_url"] == url
    assert {one["credential_url"] for one in listed} == {url, batch[0]["credential_url"]}
    for one in (*listed, *batch):
        assert one["credential_url"].endswith(f"/credentials/{one['id']}")
        assert one["state"] == "active"
    for one in (sent, event, *listed, *batch):
        assert one["credential"] == one["credential_url"]  # as it was called before
