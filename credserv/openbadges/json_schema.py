"""The official JSON Schemas of Open Badges 3.0 and CLR 2.0, and their faults in plain words.

The schemas are bundled files (`schemas/json-schema/`, digests in `schemas/MANIFEST.json`), draft 2019-09,
compiled once. A `$ref` is resolved only from bundled files; no socket is opened. Dates are checked, although
the draft leaves that open (OB 3.0 requires `DateTimeZ`).

What these schemas accept although it is wrong (empty criteria, a subject without id, a missing proof) is left
to the rules of `achievement.py` and the verifier.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from jsonschema_rs import Draft201909, Draft201909Validator, Registry

from credserv.ground.errors import Fault, SettingsError
from credserv.ground.reading import pointer
from credserv.openbadges.schema_faults import explain

JsonObject: TypeAlias = Mapping[str, Any]

_OB = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_"
_CLR = "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_"
_ANY_ACHIEVEMENT = _OB + "anyachievementcredential_schema.json"
_VC_1 = "https://www.w3.org/2018/credentials/v1"

ACHIEVEMENT = _OB + "achievementcredential_schema.json#/$defs/Achievement"
ACHIEVEMENT_CREDENTIAL = _OB + "achievementcredential_schema.json"
ENDORSEMENT_CREDENTIAL = _OB + "endorsementcredential_schema.json"
CLR_CREDENTIAL = _CLR + "clrcredential_schema.json"
ACHIEVEMENT_CREDENTIAL_1 = _ANY_ACHIEVEMENT + "#/anyOf/0"  # over the VC Data Model 1.1
ENDORSEMENT_CREDENTIAL_1 = _ANY_ACHIEVEMENT + "#/$defs/EndorsementCredentialv1p1"

_MAX_MEMBERS = 64  # of an object whose faults are listed; there are fewer languages in the EU

_COMPILED = (
    ACHIEVEMENT,
    ACHIEVEMENT_CREDENTIAL,
    ACHIEVEMENT_CREDENTIAL_1,
    CLR_CREDENTIAL,
    ENDORSEMENT_CREDENTIAL,
    ENDORSEMENT_CREDENTIAL_1,
)


class CredentialSchemas:
    """Compiled validators by schema URL. Immutable, shared by all threads."""

    def __init__(self, documents: Mapping[str, JsonObject], files: Mapping[str, bytes] | None = None) -> None:
        """Compile the schemas.

        Args:
            documents: each schema under its URL.
            files: the exact bytes behind them, where known.

        Raises:
            SettingsError: a required schema is missing.
        """
        self._files = dict(files or {})
        registry = Registry(
            [(url, dict(document)) for url, document in documents.items()],
            draft=Draft201909,
            retriever=_refuse_retrieval,
        )
        self._validators: dict[str, Draft201909Validator] = {}
        for url in sorted({*_COMPILED, *documents}):
            if url.partition("#")[0] not in documents:
                raise SettingsError(f"the JSON Schema {url} is missing from the schemas folder")
            self._validators[url] = Draft201909Validator(
                {"$ref": url}, registry=registry, validate_formats=True, offline=True
            )

    @classmethod
    def load(cls, schemas_dir: Path) -> CredentialSchemas:
        """Load what MANIFEST.json lists under `json-schema/`; raises SettingsError for a wrong SHA-256."""
        files = _read_carried(schemas_dir)
        return cls({url: json.loads(raw) for url, raw in files.items()}, files)

    @property
    def urls(self) -> frozenset[str]:
        """Return the schemas `check_against` knows, as written in `credentialSchema.id`."""
        return frozenset(url for url in self._validators if "#" not in url)

    def content(self, url: str) -> bytes | None:
        """Return the exact bytes of the bundled schema at `url`; None if it is not bundled."""
        return self._files.get(url)

    def schema_of(self, document: JsonObject) -> str | None:
        """Return the official schema for the document's types and data model; None when there is none."""
        types = document.get("type")
        names = {types} if isinstance(types, str) else {t for t in _as_list(types) if isinstance(t, str)}
        contexts = _as_list(document.get("@context"))
        over_vc_1 = bool(contexts) and contexts[0] == _VC_1
        if names & {"AchievementCredential", "OpenBadgeCredential"}:
            return ACHIEVEMENT_CREDENTIAL_1 if over_vc_1 else ACHIEVEMENT_CREDENTIAL
        if "EndorsementCredential" in names:
            return ENDORSEMENT_CREDENTIAL_1 if over_vc_1 else ENDORSEMENT_CREDENTIAL
        return CLR_CREDENTIAL if "ClrCredential" in names else None

    def check_credential(self, document: JsonObject) -> tuple[Fault, ...]:
        """Return the faults found by the official schema for its types; () for none.

        A document without an official schema has that as its only fault: nothing was checked.
        """
        url = self.schema_of(document)
        if url is None:
            return (Fault("/type", "no Open Badges or CLR schema is for a credential of this type"),)
        return self._check(url, document)

    def check_achievement(self, achievement: JsonObject) -> tuple[Fault, ...]:
        """Return the faults found by the `Achievement` of the official AchievementCredential schema."""
        return self._check(ACHIEVEMENT, achievement)

    def check_against(self, url: str, document: JsonObject) -> tuple[Fault, ...]:
        """Check against a URL from `urls` or `schema_of`; raises KeyError for another."""
        return self._check(url, document)

    def _check(self, url: str, document: JsonObject) -> tuple[Fault, ...]:
        validator = self._validators[url]
        if validator.is_valid(document):
            return ()
        wide = _find_wide(document, ())
        if wide is not None:  # each of its faults would come with a copy of it all (attack 168)
            return (Fault(pointer("", *wide), "has so many members that their faults are not listed"),)
        return explain(validator.iter_errors(document))


def _find_wide(value: object, place: tuple[str | int, ...]) -> tuple[str | int, ...] | None:
    """Return the place of the first object with more than _MAX_MEMBERS members; None if there is none."""
    if not isinstance(value, Mapping | list):
        return None
    if isinstance(value, Mapping) and len(value) > _MAX_MEMBERS:
        return place
    below = value.items() if isinstance(value, Mapping) else enumerate(value)
    found = (_find_wide(one, (*place, name)) for name, one in below)
    return next((one for one in found if one is not None), None)


def _as_list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _refuse_retrieval(url: str) -> NoReturn:
    raise SettingsError(f"a JSON Schema refers to {url}, which is not carried")


def _read_carried(schemas_dir: Path) -> dict[str, bytes]:
    try:
        manifest = json.loads((schemas_dir / "MANIFEST.json").read_bytes())
        entries = [entry for entry in manifest if entry["path"].startswith("json-schema/")]
        return {url: _read_one(schemas_dir, entry) for entry in entries for url in entry["urls"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"the JSON Schemas under {schemas_dir} cannot be read: {error}") from error


def _read_one(schemas_dir: Path, entry: JsonObject) -> bytes:
    raw: bytes = (schemas_dir / entry["path"]).read_bytes()
    if hashlib.sha256(raw).hexdigest() != entry["sha256"]:
        raise SettingsError(f"schemas/{entry['path']} is not the file that MANIFEST.json names")
    return raw
