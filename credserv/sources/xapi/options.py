"""Options of an xAPI source, besides its authentication (see `sources/signing`)."""

from __future__ import annotations

from urllib.parse import urlsplit

from credserv.ground.addresses import require_https
from credserv.ground.errors import FetchRefusedError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader
from credserv.records.observations import PersonKind

# Names of people; the other kinds say where they are from, which a bare name does not.
ACCOUNT_KINDS = (
    PersonKind.LMS_ID,
    PersonKind.USERNAME,
    PersonKind.EMAIL,
    PersonKind.EMPLOYEE_NUMBER,
    PersonKind.SIS_ID,
    PersonKind.UUID,
    PersonKind.ENTRA_ID,
)


def require_options(options: JsonObject) -> None:
    """Require usable options. Raises SchemaFaultsError with every fault."""
    faults = FaultList()
    reader = ObjectReader(options, "", faults, members=None)
    reader.read_flag("lenient")
    fields = reader.read_object("fields", members=("account",))
    kind = None if fields is None else fields.read_text("account")
    if fields is not None and kind is not None and kind not in ACCOUNT_KINDS:
        fields.fault("account", f"one of {', '.join(ACCOUNT_KINDS)}")
    origins = reader.read("origins")
    if origins is not None and not (isinstance(origins, list) and all(map(_is_origin, origins))):
        reader.fault("origins", "a list of origins, as in https://player.example.org")
    faults.require("the options of the source")


def _is_origin(value: object) -> bool:
    """Return whether it is scheme, host and port, as browsers write an origin (RFC 6454, section 6.2)."""
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    try:
        require_https(value, ports=frozenset({parts.port or 443}))
    except (FetchRefusedError, ValueError):
        return False
    return value == f"https://{parts.netloc}".lower()
