"""Statements to send, sound and broken by one change each: what the standard takes and what it refuses.

`@learninglocker/xapi-validation` is asked for its opinion of them all in tests/interop; where it is more
lenient than xAPI 1.0.3 is, the change stands in STRICTER, with the section that we go by.
"""

from __future__ import annotations

import copy
import json
from typing import Any

AGENT = {"objectType": "Agent", "name": "Pat Doe", "mbox": "mailto:pat@example.org"}
ACCOUNT = {"account": {"homePage": "https://lms.example.org", "name": "1625378"}}
GROUP = {"objectType": "Group", "name": "Team", "member": [ACCOUNT]}
FULL: dict[str, Any] = {
    "id": "7ccd3322-e1a5-411a-a67d-6a735c76f119",
    "timestamp": "2026-03-14T09:26:53.589Z",
    "actor": AGENT,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en-US": "passed"}},
    "object": {
        "objectType": "Activity",
        "id": "https://lms.example.org/quiz/1",
        "definition": {
            "name": {"en": "Safety"},
            "description": {"de-CH": "Sicherheit"},
            "type": "http://adlnet.gov/expapi/activities/assessment",
            "moreInfo": "https://lms.example.org/quiz/1/about",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]b"],
            "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
            "extensions": {"https://lms.example.org/x": {"free": None}},
        },
    },
    "result": {
        "score": {"scaled": 0.9, "raw": 90, "min": 0, "max": 100},
        "success": True,
        "completion": True,
        "response": "a[,]b",
        "duration": "PT1H0.5S",
        "extensions": {"https://lms.example.org/tries": 2},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": ACCOUNT,
        "team": GROUP,
        "contextActivities": {
            "parent": [{"id": "https://lms.example.org/course/7"}],
            "grouping": [{"id": "https://lms.example.org/programme/3"}],
            "category": [],
            "other": [{"id": "https://lms.example.org/other/4"}],
        },
        "revision": "2",
        "platform": "Example LMS",
        "language": "en-GB",
        "statement": {"objectType": "StatementRef", "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"},
        "extensions": {"https://lms.example.org/y": [None]},
    },
    "authority": ACCOUNT,
    "stored": "2026-03-14T09:26:54+00:00",
    "version": "1.0.3",
    "attachments": [
        {
            "usageType": "http://adlnet.gov/expapi/attachments/certificate",
            "display": {"en": "Certificate"},
            "description": {"en": "As printed"},
            "contentType": "application/pdf",
            "length": 12,
            "sha2": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "fileUrl": "https://lms.example.org/certificate.pdf",
        }
    ],
}
GONE = object()

# A change: where (JSON Pointer without escapes), and what is put there.
SOUND: dict[str, tuple[str, Any]] = {
    "as it is": ("/result/success", True),
    "false": ("/result/success", False),
    "no id": ("/id", GONE),
    "no timestamp": ("/timestamp", GONE),
    "no context": ("/context", GONE),
    "no result": ("/result", GONE),
    "empty result": ("/result", {}),
    "account": ("/actor", ACCOUNT),
    "openid": ("/actor", {"openid": "https://pat.example.org/"}),
    "hashed": ("/actor", {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}),
    "group": ("/actor", GROUP),
    "identified group": ("/actor", {"objectType": "Group", "mbox": "mailto:team@example.org"}),
    "no objectType": ("/object/objectType", GONE),
    "no definition": ("/object/definition", GONE),
    "no display": ("/verb/display", GONE),
    "scaled below nothing": ("/result/score", {"scaled": -1}),
    "fraction": ("/result/score", {"raw": 0.5}),
    "no points to be had": ("/result/score", {"scaled": 0, "raw": 0, "min": 0, "max": 0}),
    "offset": ("/timestamp", "2026-03-14T09:26:53+01:00"),
    "language of three": ("/context/language", "tlh"),
    "script": ("/context/language", "zh-Hant-TW"),
    "true-false": ("/object/definition", {"interactionType": "true-false"}),
    "likert": ("/object/definition", {"interactionType": "likert", "scale": [{"id": "1"}]}),
    "matching": (
        "/object/definition",
        {"interactionType": "matching", "source": [{"id": "1"}], "target": [{"id": "1"}]},
    ),
    "performance": ("/object/definition", {"interactionType": "performance", "steps": [{"id": "1"}]}),
    "no fileUrl": ("/attachments/0/fileUrl", GONE),
    "weeks": ("/result/duration", "P2W"),
    "version 1.0": ("/version", "1.0.9"),
}
BROKEN: dict[str, tuple[str, Any]] = {
    **{f"{name} missing": (f"/{name}", GONE) for name in ("actor", "verb", "object")},
    **{
        f"{name} null": (f"/{name}", None)
        for name in ("id", "actor", "verb", "object", "result", "context", "timestamp", "result/success")
    },
    **{
        f"{place} of another kind": (f"/{place}", value)
        for place, value in {
            "id": 7,
            "actor": "pat",
            "actor/name": 7,
            "actor/mbox": ["mailto:pat@example.org"],
            "actor/objectType": ["Agent"],
            "verb": "passed",
            "verb/id": 7,
            "verb/display": "passed",
            "verb/display/en-US": 7,
            "object": [],
            "object/id": 7,
            "object/definition": "quiz",
            "object/definition/name": "Safety",
            "object/definition/type": 7,
            "object/definition/correctResponsesPattern": "a",
            "object/definition/choices": {},
            "object/definition/extensions": [],
            "result": True,
            "result/score": 90,
            "result/score/scaled": "0.9",
            "result/score/raw": True,
            "result/score/min": [],
            "result/success": "true",
            "result/completion": 1,
            "result/response": 7,
            "result/duration": 60,
            "result/extensions": "x",
            "context": [],
            "context/registration": 7,
            "context/instructor": "Pat",
            "context/contextActivities": [],
            "context/platform": 7,
            "context/language": 7,
            "context/statement": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
            "attachments": {},
            "attachments/0/length": "12",
            "attachments/0/contentType": 7,
            "authority": "lms",
            "version": 1.0,
            "timestamp": 1795600000,
        }.items()
    },
    **{
        f"another member in {place or 'the statement'}": (f"{place}/other", "x")
        for place in (
            "",
            "/actor",
            "/verb",
            "/object",
            "/object/definition",
            "/result",
            "/result/score",
            "/context",
            "/context/contextActivities",
            "/context/statement",
            "/attachments/0",
        )
    },
    "id cut": ("/id", "7ccd3322-e1a5-411a-a67d-6a735c76f11"),
    "id of no hexadecimal digits": ("/id", "zccd3322-e1a5-411a-a67d-6a735c76f119"),
    "id without hyphens": ("/id", "7ccd3322e1a5411aa67d6a735c76f119"),
    "id of another variant": ("/id", "7ccd3322-e1a5-411a-c67d-6a735c76f119"),
    "two identifiers": ("/actor/openid", "https://pat.example.org/"),
    "no identifier": ("/actor/mbox", GONE),
    "mbox without mailto": ("/actor/mbox", "pat@example.org"),
    "mbox without an address": ("/actor/mbox", "mailto:pat"),
    "hash of other digits": ("/actor", {"mbox_sha1sum": "xyz31e95054c018b10727ccffd2ef2ec3a016ee9"}),
    "account without homePage": ("/actor", {"account": {"name": "7"}}),
    "account without name": ("/actor", {"account": {"homePage": "https://lms.example.org"}}),
    "homePage no IRL": ("/actor", {"account": {"homePage": "lms", "name": "7"}}),
    "a group of nobody": ("/actor", {"objectType": "Group"}),
    "a group without members": ("/actor", {"objectType": "Group", "member": []}),
    "members of an agent": ("/actor/member", [ACCOUNT]),
    "a kind of actor": ("/actor/objectType", "Person"),
    "agent in small letters": ("/actor/objectType", "agent"),
    "verb without id": ("/verb/id", GONE),
    "verb no IRI": ("/verb/id", "passed"),
    "display by no language": ("/verb/display", {"a_12345": "passed"}),
    "a kind of object": ("/object/objectType", "Course"),
    "activity without id": ("/object/id", GONE),
    "activity no IRI": ("/object/id", "quiz 1"),
    "type no IRI": ("/object/definition/type", "quiz"),
    "moreInfo no IRL": ("/object/definition/moreInfo", "about"),
    "interaction unknown": ("/object/definition/interactionType", "guess"),
    "pattern of no interaction": ("/object/definition", {"correctResponsesPattern": ["a"]}),
    "steps in a choice": ("/object/definition/steps", [{"id": "1"}]),
    "choice without id": ("/object/definition/choices", [{"description": {"en": "A"}}]),
    "extension by no IRI": ("/result/extensions", {"tries": 2}),
    "scaled 1.1": ("/result/score", {"scaled": 1.1}),
    "scaled -1.1": ("/result/score", {"scaled": -1.1}),
    "raw above max": ("/result/score", {"raw": 101, "max": 100}),
    "raw below min": ("/result/score", {"raw": -1, "min": 0}),
    "min above max": ("/result/score", {"min": 5, "max": 1}),
    "duration in words": ("/result/duration", "one hour"),
    "registration no UUID": ("/context/registration", "7"),
    "team of one": ("/context/team", AGENT),
    "language in words": ("/context/language", "English!"),
    "reference to no statement": ("/context/statement", {"objectType": "StatementRef", "id": "7"}),
    "voiding an activity": ("/verb/id", "http://adlnet.gov/expapi/verbs/voided"),
    "platform of an agent": ("/object", AGENT),
    "a time in words": ("/timestamp", "yesterday"),
    "the 30th of February": ("/timestamp", "2026-02-30T09:26:53Z"),
    "month 13": ("/timestamp", "2026-13-14T09:26:53Z"),
    "hour 25": ("/timestamp", "2026-03-14T25:26:53Z"),
    "zone nobody knows": ("/timestamp", "2026-03-14T09:26:53-00:00"),
    "stored no time": ("/stored", "now"),
    "version 0.9": ("/version", "0.9"),
    "attachment without usageType": ("/attachments/0/usageType", GONE),
    "attachment without display": ("/attachments/0/display", GONE),
    "attachment without contentType": ("/attachments/0/contentType", GONE),
    "attachment without length": ("/attachments/0/length", GONE),
    "attachment without sha2": ("/attachments/0/sha2", GONE),
    "signature of another type": (
        "/attachments/0/usageType",
        "http://adlnet.gov/expapi/attachments/signature",
    ),
    "an authority of three": ("/authority", {"objectType": "Group", "member": [ACCOUNT] * 3}),
    "a statement within one": (
        "/object",
        {
            "objectType": "SubStatement",
            "actor": AGENT,
            "verb": {"id": "https://example.org/planned"},
            "object": {"objectType": "SubStatement"},
        },
    ),
}
# The oracle takes these; the standard does not.
STRICTER = {
    "the 30th of February": "4.5: ISO 8601 has no such day",
    "two choices of one id": "2.4.4.1: an id is unique within its list",
    "a group in a group": "2.4.2.2: no group in the members of another",
}
BROKEN |= {
    "two choices of one id": ("/object/definition/choices", [{"id": "a"}, {"id": "a"}]),
    "a group in a group": ("/actor", {"objectType": "Group", "member": [GROUP]}),
}


def changed(where: str, value: Any, statement: dict[str, Any] | None = None) -> dict[str, Any]:
    """A copy with one place set; GONE takes it out."""
    made = json.loads(json.dumps(FULL if statement is None else statement))  # deepcopy keeps twins together
    *path, last = where.split("/")[1:]
    target: Any = made
    for key in path:
        target = target[int(key) if isinstance(target, list) else key]
    if value is GONE:
        del target[last]
    else:
        target[last] = copy.deepcopy(value)
    return made
