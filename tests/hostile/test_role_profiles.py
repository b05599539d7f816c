"""Attack 167: role profiles, crosswalks and credentials that are made to be compared each with each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from credserv.frameworks.profile import parse_profile
from credserv.ground.errors import InputError
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import token_issuer

ISSUER = token_issuer()
HOST = "abcdefghijk"
SECONDS = 20.0  # it was minutes
CREDENTIALS, LINKS, SKILLS = 12, 20_000, 2_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("profiles")
    return make_service(f"sqlite:///{folder / 'p.sqlite'}", folder, rate_verify="99999/minute")


def spelled(number: int) -> str:
    """One address in another spelling for each number."""
    host = "".join(one.upper() if number >> place & 1 else one for place, one in enumerate(HOST))
    return f"https://{host}.example/1"


def badge(alignments: int = 1, **changes: Any) -> str:
    document = ISSUER.badge(**changes)
    document["credentialSubject"]["achievement"]["alignment"] = [
        {"type": ["Alignment"], "targetName": "t", "targetUrl": f"https://shown.example/{number}"}
        for number in range(alignments)
    ]
    return ISSUER.forge(ISSUER.header(), document)


def ask(service: Service, **asked: Any) -> Any:
    began = time.process_time()
    answer = service.client().post("/api/v1/eligibility", json=asked)
    assert answer.status_code == 200, answer.text[:500]
    assert time.process_time() - began < SECONDS
    return answer


@pytest.mark.parametrize("shown", [1, 2_000], ids=["of nobody", "of skills that are shown"])
def test_attack_167_links_are_not_compared_with_each_skill(service: Service, shown: int) -> None:
    links = [
        {"from": f"https://shown.example/{number}", "to": spelled(0), "strength": "exact"}
        for number in range(LINKS)
    ]
    told = ask(
        service,
        profile=[spelled(number) for number in range(SKILLS)],
        credentials=[badge(shown)] * CREDENTIALS,
        crosswalk=links,
        count_unlisted=True,
    )
    (answer,) = told.json["skills"]  # it is one skill
    assert answer["answer"] == "met through a crosswalk"


def test_attack_167_a_scale_is_not_read_for_each_skill() -> None:
    began = time.process_time()
    skill = {"uri": "https://shown.example/1", "level": "0"}
    scale = [str(number) for number in range(100_000)]
    for profile in ({"skills": [skill] * 50_000, "scale": scale}, {"skills": [skill | {"scale": scale}]}):
        with pytest.raises(InputError):
            parse_profile(profile)
    assert time.process_time() - began < SECONDS
    (read,) = parse_profile({"skills": [skill] * 5_000, "scale": scale[:100]}).skills
    assert len(read.scale) == 100


@pytest.mark.parametrize("what", ["id", "level"])
def test_attack_166_nothing_of_a_credential_is_answered_for_each_skill(service: Service, what: str) -> None:
    """Its id names it in each answer, and its level is in each reason."""
    long = "x" * 50_000
    made = badge(400, **({"id": f"urn:x:{long}"} if what == "id" else {}))
    skills: list[Any] = [f"https://shown.example/{number}" for number in range(400)]
    if what == "level":
        document = ISSUER.badge()
        document["credentialSubject"]["achievement"]["alignment"] = [
            {"type": ["Alignment"], "targetName": "t", "targetUrl": one} for one in skills
        ]
        document["credentialSubject"]["result"] = [{"type": ["Result"], "value": long}]
        made = ISSUER.forge(ISSUER.header(), document)
        skills = [{"uri": one, "level": "1"} for one in skills]
    told = ask(service, profile=skills, credentials=[made], count_unlisted=True)
    assert len(told.data) < 1_000_000
    assert {one["answer"] for one in told.json["skills"]} <= {"met", "unknown"}
