"""Credentials about skills, described in a few words and signed by one of three issuers.

    path = hosts.write({"id": "k1", "issuer": "a", "alignment": ["http://…"], "status": "revoked"})

`a` and `b` stand in the list of trusted issuers that is written beside them, `c` in none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from credserv.fetch.guarded import Fetched, FileFetcher
from tests.testkit.proofs import badge, issuer
from tests.testkit.verifying import signed_list, status_entry

ISSUERS = {"a": issuer(31), "b": issuer(32), "c": issuer(33)}
_RANKS = ("developing", "proficient", "expert")


class SkillCredentials:
    """A folder of credentials, and what their issuers' hosts serve."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hosts: dict[str, str] = {}
        self.trusted = folder / "trusted.json"
        listed = [{"id": ISSUERS[name].did, "name": f"Issuer {name}"} for name in "ab"]
        self.trusted.write_text(json.dumps({"issuers": listed}))
        self._save_hosts()

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        """What the hosts serve by now, as a fetcher gives it."""
        return FileFetcher(self.folder).get(url, accept=accept, max_bytes=max_bytes)

    @property
    def hosts(self) -> Path:
        return self.folder

    def write(self, described: Mapping[str, Any]) -> Path:
        """Its file; named by its id, as the credential is."""
        by, name = ISSUERS[described["issuer"]], described["id"]
        document = badge(
            by, id=name if ":" in name else f"urn:example:{name}", validFrom="2025-01-01T00:00:00Z"
        )
        del document["validUntil"]
        if described.get("validUntil"):
            document["validUntil"] = described["validUntil"]
        if described.get("holder"):
            document["credentialSubject"]["id"] = described["holder"]
            del document["credentialSubject"]["identifier"]
        self._set_status(document, described)
        _set_skills(document["credentialSubject"], described)
        signed = by.sign(document)
        if described.get("tampered"):
            signed["name"] = "Grand master"
        path = self.folder / f"{name.rpartition(':')[2]}.json"
        path.write_text(json.dumps(signed))
        return path

    def _set_status(self, document: dict[str, Any], described: Mapping[str, Any]) -> None:
        name, status = described["id"].rpartition(":")[2], described.get("status", "active")
        url = f"https://{described['issuer']}.example/status/{name}"
        document["credentialStatus"] = {**status_entry(7, url=url), "id": f"{url}#7"}
        if status != "unreachable":
            revoked = (7,) if status == "revoked" else ()
            listed = signed_list(
                ISSUERS[described["issuer"]],
                *revoked,
                url=url,
                validFrom="2025-01-01T00:00:00Z",
                validUntil="2030-01-01T00:00:00Z",
            )
            (self.folder / f"list-{name}.json").write_text(json.dumps(listed))
            self._hosts[url] = f"list-{name}.json"
            self._save_hosts()

    def _save_hosts(self) -> None:
        (self.folder / "hosts.json").write_text(json.dumps(self._hosts))


def _set_skills(subject: dict[str, Any], described: Mapping[str, Any]) -> None:
    achievement = subject["achievement"]
    achievement["alignment"] = [
        {"type": ["Alignment"], "targetName": f"Skill {uri[-4:]}", "targetUrl": uri}
        for uri in described["alignment"]
    ]
    del achievement["resultDescription"], subject["result"]
    if described.get("achievedLevel"):
        base = f"{achievement['id']}#mastery"
        achievement["resultDescription"] = [
            {
                "id": base,
                "type": ["ResultDescription"],
                "name": "Mastery",
                "resultType": "RubricCriterionLevel",
                "rubricCriterionLevel": [
                    {
                        "id": f"{base}-{rank}",
                        "type": ["RubricCriterionLevel"],
                        "name": name.title(),
                        "level": str(rank),
                    }
                    for rank, name in enumerate(_RANKS)
                ],
            }
        ]
        rank = _RANKS.index(described["achievedLevel"])
        subject["result"] = [
            {"type": ["Result"], "resultDescription": base, "achievedLevel": f"{base}-{rank}"}
        ]
