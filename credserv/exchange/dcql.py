"""The Digital Credentials Query Language: what a verifier asks of a wallet (OpenID4VP 1.0, section 6).

Read strictly: a query that two readers understand differently would show more than the holder agreed to. A
member that is null is read as absent: none may be null, and libraries write it for what they leave out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject

LDP_VC, JWT_VC, SD_JWT_VC = "ldp_vc", "jwt_vc_json", "dc+sd-jwt"
# `type_values` identify types by the IRIs of their names (B.1.1).
TYPE_IRIS: Mapping[str, str] = {
    "VerifiableCredential": "https://www.w3.org/2018/credentials#VerifiableCredential",
    "OpenBadgeCredential": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential",
    "AchievementCredential": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#AchievementCredential",
}
OPEN_BADGE_VCT = TYPE_IRIS["OpenBadgeCredential"]
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_MAX_ENTRIES = 32
_MAX_STEPS = 32

Step = str | int | None


@dataclass(frozen=True)
class ClaimsQuery:
    """A claim. `path` is a claims path pointer (section 7); `values` are acceptable, () for any."""

    path: tuple[Step, ...]
    values: tuple[str | int | bool, ...] = ()
    id: str = ""


@dataclass(frozen=True)
class CredentialQuery:
    """One credential query.

    Attributes:
        types: IRIs; all those of one of the sets are required.
        vcts: the acceptable types of an SD-JWT VC.
        is_bound: whether the holder has to sign with the key it is bound to.
        authorities: whether only certain issuers are acceptable, stated in ways that we do not read.
    """

    id: str
    format: str
    types: tuple[frozenset[str], ...] = ()
    vcts: tuple[str, ...] = ()
    claims: tuple[ClaimsQuery, ...] = ()
    claim_sets: tuple[tuple[str, ...], ...] = ()
    multiple: bool = False
    is_bound: bool = True
    authorities: bool = False


@dataclass(frozen=True)
class CredentialSet:
    options: tuple[tuple[str, ...], ...]
    required: bool = True


@dataclass(frozen=True)
class Query:
    credentials: tuple[CredentialQuery, ...]
    sets: tuple[CredentialSet, ...] = ()

    def find(self, query_id: str) -> CredentialQuery | None:
        return next((one for one in self.credentials if one.id == query_id), None)

    def is_answered_by(self, ids: Iterable[str]) -> bool:
        """Return whether answers to these queries are what was asked for (section 6.4.2)."""
        answered = set(ids)
        if not self.sets:
            return answered == {one.id for one in self.credentials}
        return all(
            any(answered.issuperset(option) for option in one.options) for one in self.sets if one.required
        )


# --- asking ---------------------------------------------------------------------------------------


def ask_for_badges(*, achievements: Sequence[str] = (), is_bound: bool = True) -> Query:
    """Build a query for any number of Open Badges, in any supported format; one suffices.

    Args:
        achievements: acceptable ids; () for any.
    """
    kinds = tuple(
        frozenset({TYPE_IRIS["VerifiableCredential"], TYPE_IRIS[name]})
        for name in ("OpenBadgeCredential", "AchievementCredential")
    )

    def claims(*path: Step) -> tuple[ClaimsQuery, ...]:
        return (ClaimsQuery((*path, "achievement", "id"), tuple(achievements)),) if achievements else ()

    within = claims("credentialSubject")
    common: dict[str, Any] = {"multiple": True, "is_bound": is_bound}
    queries = (
        CredentialQuery("badge", LDP_VC, types=kinds, claims=within, **common),
        CredentialQuery("badge_jwt", JWT_VC, types=kinds, claims=within, **common),
        CredentialQuery("badge_sd_jwt", SD_JWT_VC, vcts=(OPEN_BADGE_VCT,), claims=claims(), **common),
    )
    return Query(queries, (CredentialSet(tuple((one.id,) for one in queries)),))


def write_query(query: Query) -> dict[str, Any]:
    told: dict[str, Any] = {"credentials": [_write_credential(one) for one in query.credentials]}
    if query.sets:
        told["credential_sets"] = [
            {"options": [list(option) for option in one.options], "required": one.required}
            for one in query.sets
        ]
    return told


def _write_credential(one: CredentialQuery) -> dict[str, Any]:
    meta: dict[str, Any] = (
        {"vct_values": list(one.vcts)} if one.vcts else {"type_values": [sorted(kind) for kind in one.types]}
    )
    told: dict[str, Any] = {"id": one.id, "format": one.format, "meta": meta}
    if one.claims:
        told["claims"] = [
            {"path": list(claim.path), **({"values": list(claim.values)} if claim.values else {})}
            for claim in one.claims
        ]
    if one.multiple:
        told["multiple"] = True
    if not one.is_bound:
        told["require_cryptographic_holder_binding"] = False
    return told


# --- reading --------------------------------------------------------------------------------------


def read_query(value: object) -> Query:
    """Read a query. Raises InputError if it is not DCQL."""
    query = _object(value, "dcql_query")
    credentials = tuple(_read_credential(one) for one in _list(query.get("credentials"), "credentials"))
    ids = [one.id for one in credentials]
    if len(set(ids)) != len(ids):
        raise InputError("two of the credentials asked for have one id")
    sets = tuple(_read_set(one) for one in _optional_list(query, "credential_sets"))
    if not {name for one in sets for option in one.options for name in option} <= set(ids):
        raise InputError("credential_sets name a credential that is not asked for")
    return Query(credentials, sets)


def _read_credential(value: object) -> CredentialQuery:
    one = _object(value, "a credential query")
    meta = _object(one.get("meta", {}), "meta")
    claims = tuple(_read_claim(claim) for claim in _optional_list(one, "claims"))
    sets = tuple(tuple(map(_id, _list(group, "claim_sets"))) for group in _optional_list(one, "claim_sets"))
    if not {name for group in sets for name in group} <= {claim.id for claim in claims}:
        raise InputError("claim_sets name a claim that is not asked for")
    form = one.get("format")
    if not isinstance(form, str):
        raise InputError("a credential query names a format")
    return CredentialQuery(
        _id(one.get("id")),
        form,
        tuple(frozenset(_texts(kind, "type_values")) for kind in _optional_list(meta, "type_values")),
        tuple(_texts(meta["vct_values"], "vct_values")) if "vct_values" in meta else (),
        claims,
        sets,
        multiple=_flag(one, "multiple", default=False),
        is_bound=_flag(one, "require_cryptographic_holder_binding", default=True),
        authorities="trusted_authorities" in one,
    )


def _read_claim(value: object) -> ClaimsQuery:
    claim = _object(value, "a claims query")
    path = _list(claim.get("path"), "path", most=_MAX_STEPS)
    for step in path:
        if isinstance(step, bool) or not (step is None or isinstance(step, str | int)):
            raise InputError("a path is made of names, numbers and null")
        if isinstance(step, int) and step < 0:
            raise InputError("a number in a path is not negative")
    values = _optional_list(claim, "values")
    if not all(isinstance(one, str | int | bool) for one in values):
        raise InputError("values are texts, numbers and booleans")
    return ClaimsQuery(tuple(path), tuple(values), _id(claim["id"]) if "id" in claim else "")


def _read_set(value: object) -> CredentialSet:
    one = _object(value, "a credential set")
    options = tuple(
        tuple(map(_id, _list(option, "options"))) for option in _list(one.get("options"), "options")
    )
    return CredentialSet(options, required=_flag(one, "required", default=True))


# --- matching -------------------------------------------------------------------------------------


def is_of_kind(query: CredentialQuery, types: Iterable[str]) -> bool:
    """Return whether types fit; a query without types accepts all.

    Args:
        types: the names in a credential's `type`, or the `vct` of an SD-JWT VC.
    """
    if query.format == SD_JWT_VC:
        return not query.vcts or not set(types).isdisjoint(query.vcts)
    named = {TYPE_IRIS.get(name, name) for name in types}
    return not query.types or any(kind <= named for kind in query.types)


def choose_claims(query: CredentialQuery, document: JsonObject) -> tuple[ClaimsQuery, ...] | None:
    """Return the claims to show; () where none were named, None where the document does not fit.

    The first claim set that fits, in the verifier's order of preference (section 6.4.1).
    """
    if not query.claims:
        return ()
    fitting = [claim for claim in query.claims if has_claim(claim, document)]
    if not query.claim_sets:
        return query.claims if len(fitting) == len(query.claims) else None
    by_id = {claim.id: claim for claim in fitting}
    for group in query.claim_sets:
        if by_id.keys() >= set(group):
            return tuple(by_id[name] for name in group)
    return None


def has_claim(claim: ClaimsQuery, document: JsonObject) -> bool:
    found = select(document, claim.path)
    if not claim.values:
        return bool(found)
    return any(type(one) is type(wanted) and one == wanted for one in found for wanted in claim.values)


def select(document: JsonObject, path: Sequence[Step]) -> tuple[Any, ...]:
    """Return what a claims path pointer selects; () for nothing (section 7.1)."""
    found: list[Any] = [document]
    for step in path:
        found = [below for one in found for below in _below(one, step)]
    return tuple(found)


def _below(value: Any, step: Step) -> Sequence[Any]:
    if isinstance(step, str):
        return [value[step]] if isinstance(value, Mapping) and step in value else ()
    if not isinstance(value, list):
        return ()
    if step is None:
        return value
    return value[step : step + 1]


# --- shared ---------------------------------------------------------------------------------------


def _object(value: object, what: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise InputError(f"{what} is an object")
    return {name: one for name, one in value.items() if one is not None}


def _list(value: object, what: str, *, most: int = _MAX_ENTRIES) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise InputError(f"{what} is a list of 1 to {most}")
    return value


def _optional_list(value: JsonObject, name: str) -> list[Any]:
    return _list(value[name], name) if name in value else []


def _texts(value: object, what: str) -> list[str]:
    texts = _list(value, what)
    if not all(isinstance(one, str) and one for one in texts):
        raise InputError(f"{what} holds texts")
    return texts


def _id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InputError("an id is made of letters, digits, _ and -")
    return value


def _flag(value: JsonObject, name: str, *, default: bool) -> bool:
    flag = value.get(name, default)
    if not isinstance(flag, bool):
        raise InputError(f"{name} is true or false")
    return flag
