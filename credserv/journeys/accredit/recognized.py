"""The public list of those entitled to endorse under a programme: by DID, current and signed."""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.issuing.credential_signer import ProofWishes
from credserv.journeys.accredit.entitlements import entitled_now, entitled_url
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.openbadges.recognized_entities import Recognized, build_recognized_entities

_LIFE = timedelta(days=1)
_SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_endorsementcredential_schema.json"


def recognized_entities(services: Services, key: str, now: datetime) -> str:
    """Return the list as a JWT. It includes only people with a DID; without one, nobody has endorsed yet.

    Raises:
        NotFoundError: There is no such programme.
    """
    loaded = programme_version(services, key)
    dids, found = services.store.member_dids.all_current(), dict[str, Recognized]()
    for one in entitled_now(services, loaded.programme, now):
        did = dids.get(one.membership_id)
        if did is not None and (did not in found or found[did].valid_until < one.ends):
            found[did] = Recognized(did, one.begins, one.ends)
    document = build_recognized_entities(
        url=entitled_url(services, key),
        issuer=services.issuer.did,
        name=f"Entitled to endorse: {loaded.programme.name}",
        action_schema=_SCHEMA,
        entities=[found[did] for did in sorted(found)],
        valid_from=now,
        valid_until=now + _LIFE,
    )
    signed = services.credential_signer.sign(document, ProofWishes(proof_type="vc+jwt"), now=now)
    return str(signed["id"]).partition(",")[2]
