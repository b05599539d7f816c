"""LTI: from the login that a platform starts, to a verified launch, to placing a badge in a course.

A launch says who somebody is in the platform's course. It is stored as a message under its nonce, so it opens
only once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from credserv.ground.encoding import random_token
from credserv.ground.errors import InputError, LaunchError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.award.take import resume_message
from credserv.journeys.services import Services
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources import lti
from credserv.sources.lti import launch as tool
from credserv.sources.lti.launch import Launch
from credserv.sources.lti.settings import Platform, parse_platform
from credserv.sources.signing import tool_key as tool_keys

MAX_CHOICES = 100
_METHOD = "lti-launch"
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class Login:
    """A login in progress.

    Attributes:
        address: The URL to send the browser to.
        state: Kept in the browser until the launch.
        nonce: Kept in the browser until the launch.
    """

    address: str
    state: str
    nonce: str


@dataclass(frozen=True)
class Choice:
    """A badge that can be placed.

    Attributes:
        answer: The token that the browser hands to the platform.
    """

    key: str
    name: str
    answer: str


def begin_login(source: SourceRecord, asked: Mapping[str, str], *, redirect_uri: str) -> Login:
    """Start a third-party-initiated login (Security Framework, 5.1.1).

    Args:
        asked: The parameters of the platform's request.
        redirect_uri: Our launch URL.

    Raises:
        LaunchError: The request is not from this source's platform or client, or has no login hint.
        SchemaFaultsError: The source does not describe its platform.
    """
    platform = parse_platform(source.options)
    if asked.get("iss") != platform.issuer:
        raise LaunchError("this login is begun by another platform than this source is for")
    if asked.get("client_id", platform.client_id) != platform.client_id:
        raise LaunchError("this login is for another client")
    if not asked.get("login_hint"):
        raise LaunchError("this login names nobody (login_hint)")
    state, nonce = random_token(_TOKEN_BYTES), random_token(_TOKEN_BYTES)
    told = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "login_hint": asked["login_hint"],
    }
    if "lti_message_hint" in asked:
        told["lti_message_hint"] = asked["lti_message_hint"]
    joint = "&" if "?" in platform.authorization_endpoint else "?"
    return Login(f"{platform.authorization_endpoint}{joint}{urlencode(told)}", state, nonce)


def open_launch(services: Services, source: SourceRecord, token: str, *, nonce: str, now: datetime) -> Launch:
    """Verify a launch and store whom it names.

    Args:
        token: The platform's id_token.
        nonce: The nonce that the browser kept.

    Raises:
        LaunchError: The launch cannot be trusted, or was opened before.
        UnavailableError: The platform's keys cannot be fetched now.
    """
    platform = parse_platform(source.options)
    try:
        body = token.encode("ascii")
    except UnicodeEncodeError as error:
        raise LaunchError("this launch cannot be trusted: it is no token") from error
    launch = tool.verify_launch(body, platform, _keys_of(services, platform), nonce=nonce, now=now)
    event = EventRecord(
        source=source.name,
        event_id="lti:" + hashlib.sha256(nonce.encode()).hexdigest(),
        body_sha256=hashlib.sha256(body).hexdigest(),
        body=body,
        received_at=now,
        state=EventState.RECEIVED,
        headers={},
        authentication={"method": _METHOD, "is_signed": True, "key": launch.kid},
        adapter=lti.ADAPTER.name,
        adapter_version=lti.ADAPTER.version,
    )
    _, created = services.store.events.record(event)
    if not created:
        raise LaunchError("this launch was opened before: go back to the course and open it again")
    resume_message(services, event, now=now)
    return launch


def list_choices(
    services: Services, source: SourceRecord, launch: Launch, *, launch_address: str, now: datetime
) -> tuple[Choice, ...]:
    """Return the badges that can be placed where a Deep Linking launch came from.

    Args:
        launch_address: The URL that a placed badge launches.
    """
    platform, key = parse_platform(source.options), tool_key(services, source)
    choices = []
    for version in services.store.achievements.list_newest(limit=MAX_CHOICES):
        name = str(version.achievement.get("name", version.key))
        item = {
            "type": "ltiResourceLink",
            "title": name,
            "url": launch_address,
            "custom": {"achievement": version.key},
        }
        choices.append(Choice(version.key, name, tool.build_choice(launch, platform, item, key, now)))
    return tuple(choices)


def achievement_of(services: Services, launch: Launch) -> JsonObject | None:
    """Return the badge placed at the spot somebody launched from; None if it is no longer there."""
    key = launch.achievement_key
    found = services.store.achievements.newest(key) if key is not None else None
    return None if found is None else found.achievement


def tool_key(services: Services, source: SourceRecord) -> str:
    """Return the private key of a source in its role as a tool; it is made on first use."""
    for secret in source.secrets:
        if tool_keys.is_key(secret):
            return secret
    made = tool_keys.create_key()
    services.store.sources.add_secret(source.name, made)
    return made


def public_keys(services: Services, source: SourceRecord) -> JsonObject:
    """Return the JWK Set that the platform finds at our jwks URL."""
    known = [secret for secret in source.secrets if tool_keys.is_key(secret)] or [tool_key(services, source)]
    return {"keys": [tool_keys.public_key(secret) for secret in known]}


def _keys_of(services: Services, platform: Platform) -> list[Any]:
    """Return the platform's keys as the fetcher remembers them; an unknown key is
    looked up at most once a minute.
    """
    try:
        found = parse_json_object(services.fetcher.get(platform.jwks_uri).body)
    except InputError as error:
        raise UnavailableError("the keys of the platform cannot be read now") from error
    keys = found.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
