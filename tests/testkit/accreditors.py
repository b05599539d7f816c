"""An organisation that accredits: people by number, who has which role, and accreditations in a few calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.journeys.admit.persons import find_member
from credserv.records.roles import Role
from tests.testkit.service import Service

PROGRAMME: dict[str, Any] = {
    "key": "basic",
    "term_months": 24,
    "assessment_min": 70,
    "sprint_days": 42,
    "audit_share": 0.1,
    "audit_min": 2,
}
BEGIN = datetime.fromisoformat("2026-01-01T08:00:00Z")
DECIDER, OTHER_DECIDER, AUDITOR, OTHER_AUDITOR = "dora", "doug", "aura", "axel"
_ROLES = {
    DECIDER: Role.DECIDER,
    OTHER_DECIDER: Role.DECIDER,
    AUDITOR: Role.AUDITOR,
    OTHER_AUDITOR: Role.AUDITOR,
}


class Accreditors:
    """One service whose clock only goes on; answers are those of the API."""

    def __init__(self, service: Service) -> None:
        self.service = service
        service.clock.now = BEGIN
        self._client, self._headers = service.client(), service.api_headers()
        for number, role in _ROLES.items():
            self.employ(number)
            self.give(number, role)
        told = {"programme": PROGRAMME, "owner": "Learning and development"}
        assert self.post("/programmes", told).status_code == 201

    def employ(self, number: str) -> None:
        told = {"email": f"{number}@firm.example", "name": number.capitalize(),
                "employment": {"started": "2025-01-01"}}  # fmt: skip
        assert self.put(f"/members/{number}", told).status_code < 300

    def give(self, number: str, role: Role) -> None:
        services = self.service.services
        services.store.colleagues.set_roles(self.member(number), {role}, services.today(self.now))

    def member(self, number: str) -> str:
        return find_member(self.service.services, number).id

    @property
    def now(self) -> datetime:
        return self.service.clock.now

    def post(self, path: str, told: dict[str, Any]) -> Any:
        return self._client.post(f"/api/v1{path}", json=told, headers=self._headers)

    def put(self, path: str, told: dict[str, Any]) -> Any:
        return self._client.put(f"/api/v1{path}", json=told, headers=self._headers)

    def get(self, path: str) -> Any:
        return self._client.get(f"/api/v1{path}", headers=self._headers)

    def apply(self, number: str, name: str) -> None:
        """With all that the programme asks."""
        self.employ(number)
        told = {"person": number, "programme": "basic", "competencies": ["feedback"], "reference": name}
        assert self.post("/applications", told).status_code == 201
        passed = {"kind": "assessment", "score": 80}
        assert self.post(f"/applications/{name}/evidence", passed).status_code < 300

    def decide(self, name: str, decision: str, reference: str | None = None, by: str = DECIDER) -> Any:
        told = {"decision": decision, "by": by, "reason": "as the rules say"}
        return self.post(
            f"/applications/{name}/decision", told | ({"reference": reference} if reference else {})
        )

    def grant(self, number: str, reference: str) -> str:
        """Our id of the badge."""
        self.apply(number, f"a-{reference}")
        answer = self.decide(f"a-{reference}", "grant", reference)
        assert answer.status_code == 200, answer.text
        return str(answer.json["id"])

    def suspend(self, reference: str, by: str = DECIDER) -> Any:
        return self.post(f"/accreditations/{reference}/suspension", {"by": by, "reason": "a complaint"})

    def state(self, reference: str) -> str:
        return str(self.get(f"/accreditations/{reference}").json["state"])


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]
