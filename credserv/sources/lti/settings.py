"""A source's options for its LTI platform: `{"lti": {"issuer": …, "client_id": …}}`."""

from __future__ import annotations

from dataclasses import dataclass

from credserv.ground.addresses import require_https
from credserv.ground.errors import FetchRefusedError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader

_ADDRESSES = ("authorization_endpoint", "jwks_uri", "token_endpoint")
_MEMBERS = ("issuer", "client_id", "deployments", *_ADDRESSES)


@dataclass(frozen=True)
class Platform:
    """A platform, as an administrator or Dynamic Registration described it.

    No `deployments` means any of its own.
    """

    issuer: str
    client_id: str
    authorization_endpoint: str
    jwks_uri: str
    token_endpoint: str | None = None
    deployments: tuple[str, ...] = ()


def parse_platform(options: JsonObject) -> Platform:
    """Parse a source's options, `{"lti": {…}}`. Raises SchemaFaultsError with every fault."""
    faults = FaultList()
    reader = ObjectReader(options.get("lti"), "/lti", faults, members=_MEMBERS)
    read = {
        name: reader.read_text(name, required=name != "token_endpoint", max_chars=2_048)
        for name in _MEMBERS
        if name != "deployments"
    }
    for name in _ADDRESSES:
        try:
            require_https(read[name] or "https://none.example")
        except FetchRefusedError as error:
            reader.fault(name, error.detail)
    deployments = reader.read("deployments") or []
    if not isinstance(deployments, list) or not all(isinstance(one, str) and one for one in deployments):
        reader.fault("deployments", "a list of texts is expected")
        deployments = []
    faults.require("what is told of the LTI platform")
    return Platform(**{name: value or "" for name, value in read.items()}, deployments=tuple(deployments))


def require_options(options: JsonObject) -> None:
    """Require usable settings, which may still be missing. Raises SchemaFaultsError."""
    if "lti" in options:
        parse_platform(options)
