"""Accreditations of strangers: what anybody writes into a badge is told as their own word, and as no more."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from credserv.journeys.trust.refresh import add_issuer
from credserv.trust.trust_list import parse_trusted_issuers
from tests.testkit.defects import ALICE as STRANGER
from tests.testkit.defects import good
from tests.testkit.service import Service

BOARD = "https://board.example/achievements/mentor/"


def checked(service: Service, document: dict[str, Any]) -> tuple[dict[str, Any], str]:
    report = service.client().post("/api/v1/verify", json={"credential": document})
    page = service.client().post("/verify", data={"text": json.dumps(document)}).text
    return report.get_json(), page


def accreditation(service: Service, has_status: bool = False, **achievement: Any) -> dict[str, Any]:
    said = copy.deepcopy(good(service.clock.now))
    said["credentialSubject"]["achievement"] |= achievement
    if not has_status:
        del said["credentialStatus"]
    return STRANGER.sign(said)


@pytest.mark.parametrize(
    "achievement",
    [
        {"tag": ["Mentor Accreditation"]},
        {"achievementType": "ext:MentorAccreditation"},
        {"id": f"{BOARD}1", "tag": ["mentor accreditation"]},  # of another's achievement
    ],
)
def test_attack_w14_a_stranger_calls_a_course_a_mentor_accreditation(
    sqlite_service: Service, achievement: dict[str, Any]
) -> None:
    report, page = checked(sqlite_service, accreditation(sqlite_service, **achievement))
    assert report["claims_accreditation"] is True
    assert "accreditation" not in report
    assert "It calls itself one" in page
    assert ">In force<" not in page.replace("</svg>", ">")


def test_attack_w14_an_issuer_who_is_known_is_not_for_that_an_accreditor(sqlite_service: Service) -> None:
    trust(sqlite_service, {"id": STRANGER.did, "name": "A Known School"})
    report, page = checked(sqlite_service, accreditation(sqlite_service, tag=["Mentor Accreditation"]))
    assert report["verdict"] == "verified"
    assert "accreditation" not in report
    assert "It calls itself one" in page


def test_attack_w14_an_accreditor_is_one_for_its_own_achievements_alone(sqlite_service: Service) -> None:
    trust(sqlite_service, {"id": STRANGER.did, "name": "The Board", "accredits": [BOARD]})
    other = accreditation(
        sqlite_service, id="https://board.example/achievements/mentors", tag=["mentor accreditation"]
    )
    assert "accreditation" not in checked(sqlite_service, other)[0]
    # Whatever language its tags are in: it goes by the achievement.
    known = accreditation(sqlite_service, id=f"{BOARD}2", tag=["Mentorenakkreditierung"])
    report, page = checked(sqlite_service, known)
    assert report["accreditation"] == {
        "state": "live",
        "since": None,
        "inForce": True,
        "renewalDue": None,
        "establishedBy": "Trusted by Example Academy",
    }
    assert ">In force<" in page.replace("</svg>", ">")
    assert "It calls itself one" not in page


def test_an_accreditation_whose_status_cannot_be_had_is_not_established(sqlite_service: Service) -> None:
    trust(sqlite_service, {"id": STRANGER.did, "name": "The Board", "accredits": [BOARD]})
    report, page = checked(sqlite_service, accreditation(sqlite_service, has_status=True, id=f"{BOARD}2"))
    assert (report["accreditation"]["state"], report["accreditation"]["inForce"]) == ("not-established", None)
    assert "Not established" in page


def trust(service: Service, entry: dict[str, Any]) -> None:
    (read,) = parse_trusted_issuers(json.dumps({"issuers": [entry]}).encode()).issuers
    add_issuer(service.services, "", read, actor="test", now=service.clock.now)
