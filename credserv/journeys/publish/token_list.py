"""Our status lists as Token Status Lists, to which SD-JWT VCs refer (docs/adr/0023).

They have the same bits at the same indexes as of the same instant.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from credserv.ground.strict_json import read_own_json
from credserv.issuing.addresses import status_token_url
from credserv.issuing.services import IssuingServices
from credserv.journeys.publish.publish import status_list
from credserv.journeys.services import Services
from credserv.proof.tokens.status_list_token import sign_status_list_token
from credserv.status.bitstring import decode_list
from credserv.status.published import STATUS_LIST_VALIDITY, Published
from credserv.status.token_status_list import pack_bits

AS_TOKEN = "/token"  # noqa: S105 - the end of an address


def status_list_token(services: Services, list_id: str, *, now: datetime) -> Published:
    """Return the list as a signed token, made again with each published list.

    Raises:
        NotFoundError: There is no such list.
    """
    listed, issuing = status_list(services, list_id, now=now), services.issuing
    url = status_token_url(issuing.public_url, list_id)
    last = issuing.last_tokens.get(list_id)
    if last is None or last[0] != listed.body:
        last = listed.body, _sign(issuing, url, listed, services.status_list_refresh_seconds)
        issuing.last_tokens[list_id] = last
    return replace(listed, body=last[1], known_by=None)


def _sign(issuing: IssuingServices, url: str, listed: Published, refresh_seconds: int) -> bytes:
    bits = decode_list(read_own_json(listed.body)["credentialSubject"]["encodedList"])
    return sign_status_list_token(
        pack_bits(bits),
        url=url,
        issuer=issuing.issuer.did,
        valid=(listed.valid_until - STATUS_LIST_VALIDITY, listed.valid_until),
        ttl_seconds=refresh_seconds,
        signer=issuing.unstopped_signer,
        verification_method=issuing.verification_method,
    ).encode("ascii")
