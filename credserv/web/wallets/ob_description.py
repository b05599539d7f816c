"""The service description of the Open Badges 3.0 API: OpenAPI 3.0, profiled by 1EdTech (section 6.3).

It tells an app where to register, ask and get tokens, and the name of this host.
"""

from __future__ import annotations

from typing import Any

from credserv.journeys.authorize.scopes import (
    CHANGE_PROFILE,
    KEEP_CREDENTIALS,
    OFFLINE,
    OPEN_BADGES_SCOPES,
    READ_CREDENTIALS,
    READ_PROFILE,
    WORDS,
)
from credserv.journeys.services import Services

BASE = "/ims/ob/v3p0"
_SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/"
_JSON = "application/json"
_STATUSES = ("400", "401", "403", "404", "405", "500")


def describe(services: Services) -> dict[str, Any]:
    base = services.public_url
    name = str(services.issuer.profile.get("name") or base)
    privacy, terms, image = f"{base}/docs/wallet", f"{base}/docs/wallet-apps", f"{base}/assets/mark.svg"
    return {
        "openapi": "3.0.1",
        "info": {
            "title": name,
            "version": "3.0",
            "description": "Badges of people who let an app into their wallet.",
            "termsOfService": terms,
            "x-imssf-image": image,
            "x-imssf-privacyPolicyUrl": privacy,
        },
        "servers": [{"url": base + BASE}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "OAuth2ACG": {
                    "type": "oauth2",
                    "description": "OAuth 2.0 authorization code grant, with PKCE by S256",
                    "x-imssf-name": name,
                    "x-imssf-image": image,
                    "x-imssf-privacyPolicyUrl": privacy,
                    "x-imssf-termsOfServiceUrl": terms,
                    "x-imssf-registrationUrl": f"{base}/oauth/register",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": f"{base}/oauth/authorize",
                            "tokenUrl": f"{base}/oauth/token",
                            "refreshUrl": f"{base}/oauth/token",
                            "x-imssf-revocationUrl": f"{base}/oauth/revoke",
                            "scopes": {scope: WORDS[scope] for scope in _offered()},
                        }
                    },
                }
            },
            "schemas": {
                "Imsx_StatusInfo": {"type": "object"},
                "GetOpenBadgeCredentialsResponse": {
                    "type": "object",
                    "properties": {
                        "credential": {"type": "array", "items": {"$ref": _credential()}},
                        "compactJwsStrings": {"type": "array", "items": {"type": "string"}},
                    },
                },
                "Profile": {"$ref": f"{_SCHEMA}ob_v3p0_profile_schema.json"},
            },
        },
    }


def _offered() -> list[str]:
    return [scope for scope in WORDS if scope in OPEN_BADGES_SCOPES or scope == OFFLINE]


def _credential() -> str:
    return f"{_SCHEMA}ob_v3p0_achievementcredential_schema.json"


def _paths() -> dict[str, Any]:
    badge = {"$ref": _credential()}
    profile = {"$ref": "#/components/schemas/Profile"}
    several = {"$ref": "#/components/schemas/GetOpenBadgeCredentialsResponse"}
    either = {_JSON: {"schema": badge}, "text/plain": {"schema": {"type": "string"}}}
    written = {"200": _answer(either, "replaced"), "201": _answer(either, "created")}
    return {
        "/discovery": {"get": {**_call("getServiceDescription", {"200": {"description": "this"}})}},
        "/credentials": {
            "get": {
                **_call("getCredentials", {"200": _answer({_JSON: {"schema": several}}, "badges")}),
                "parameters": [_parameter("limit"), _parameter("offset"), _parameter("since")],
                "security": _security(READ_CREDENTIALS),
            },
            "post": {
                **_call("upsertCredential", written),
                "requestBody": {"required": True, "content": either},
                "security": _security(KEEP_CREDENTIALS),
            },
        },
        "/profile": {
            "get": {
                **_call("getProfile", {"200": _answer({_JSON: {"schema": profile}}, "profile")}),
                "security": _security(READ_PROFILE),
            },
            "put": {
                **_call("putProfile", {"200": _answer({_JSON: {"schema": profile}}, "profile")}),
                "requestBody": {"required": True, "content": {_JSON: {"schema": profile}}},
                "security": _security(CHANGE_PROFILE),
            },
        },
    }


def _call(operation: str, answers: dict[str, Any]) -> dict[str, Any]:
    info = {_JSON: {"schema": {"$ref": "#/components/schemas/Imsx_StatusInfo"}}}
    return {"operationId": operation, "responses": answers | {one: _answer(info, "why") for one in _STATUSES}}


def _answer(content: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": content}


def _parameter(name: str) -> dict[str, Any]:
    kind = {"type": "string", "format": "date-time"} if name == "since" else {"type": "integer", "minimum": 0}
    return {"name": name, "in": "query", "schema": kind}


def _security(scope: str) -> list[dict[str, list[str]]]:
    return [{"OAuth2ACG": [scope]}]
