"""Skills are served as skills, apart from the roles and levels among a badge's alignments."""

from __future__ import annotations

import json

from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.define.achievements import define, no_image_files
from credserv.records.credentials import Recipient
from tests.testkit.service import NOW, Service

SKILL = "http://data.europa.eu/esco/skill/28722c99-68b7-4b7b-808f-53f343299935"
ROLE = "http://data.europa.eu/esco/occupation/f5d0a1b0-9d3a-4c5e-8d3a-1d1b6f4a2c10"
LEVEL = "http://data.europa.eu/snb/eqf/5"


def test_in_a_report_and_on_the_page_of_a_badge(sqlite_service: Service) -> None:
    named = ((SKILL, "coach employees"), (ROLE, "corporate trainer"), (LEVEL, "EQF 5"))
    achievement = {
        "name": "Coaching",
        "description": "Of the test.",
        "criteria": {"narrative": "Do it."},
        "alignment": [
            {"type": ["Alignment"], "targetName": name, "targetUrl": url, "targetFramework": "ESCO"}
            for url, name in named
        ],
    }
    services = sqlite_service.services
    document = {"key": "coaching", "kind": "competency-mastery", "achievement": achievement}
    define(services, document, read_image=no_image_files, actor="test", now=NOW)
    order = OrderRequest("1", "coaching", Recipient(email="pat@example.org"))
    made, _ = award_request(services, "test", order, now=NOW)
    client = sqlite_service.client()
    sent = {"credential": json.loads(made.signed)}
    content = client.post("/api/v1/verify", json=sent).get_json()["content"]
    assert [(one["uri"], one["name"]) for one in content["skills"]] == [(SKILL, "coach employees")]
    assert content["skills"][0]["sentence"] == "coach employees (ESCO)."
    assert len(content["alignments"]) == 3, "as they are written"
    page = client.get(f"/credentials/{made.id}", headers={"Accept": "text/html"}).text
    assert page.index("coach employees") < page.index("corporate trainer")
