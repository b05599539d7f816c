"""Open edX's own events, sent by its library and written down as its webhooks send them.

Started as a program, since the library needs a Django of its own; prints one JSON object by name of the case,
each `{"json": "…", "form": "…"}`. The library refuses what is not as its schema says.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import attr
from django.conf import settings

settings.configure(SECRET_KEY="of this program alone", INSTALLED_APPS=[], EVENTS_SERVICE_NAME="lms")
import django  # noqa: E402 - reads the settings

django.setup()
from opaque_keys.edx.keys import CourseKey  # noqa: E402 - wants Django set up
from openedx_events.learning import data, signals  # noqa: E402 - wants Django set up

COURSE, AT = "course-v1:Example+MENTOR101+2026", datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


def user(number: int, email: str) -> data.UserData:
    pii = data.UserPersonalData(username=f"user{number}", email=email, name="Jane Doe")
    return data.UserData(id=number, is_active=True, pii=pii)


def certificate(who: data.UserData, status: str) -> data.CertificateData:
    return data.CertificateData(
        user=who,
        course=data.CourseData(course_key=CourseKey.from_string(COURSE), display_name="Mentoring"),
        mode="verified",
        grade="0.91",
        download_url="https://lms.example.org/certificates/3b1",
        name="Jane Doe",
        current_status=status,
    )


def events() -> dict[str, tuple[Any, dict[str, Any]]]:
    known, unknown = user(42, "jane@example.org"), user(43, "nobody@example.org")
    passing = data.CoursePassingStatusData(
        is_passing=False,
        user=known,
        course=data.CourseData(course_key=CourseKey.from_string(COURSE)),
    )
    enrolled = data.CourseEnrollmentData(
        user=known,
        course=data.CourseData(course_key=CourseKey.from_string(COURSE)),
        mode="verified",
        is_active=True,
        creation_date=AT,
    )
    return {
        "earned": (signals.CERTIFICATE_CREATED, {"certificate": certificate(known, "downloadable")}),
        "of nobody here": (
            signals.CERTIFICATE_CREATED,
            {"certificate": certificate(unknown, "downloadable")},
        ),
        "not earned": (signals.CERTIFICATE_CREATED, {"certificate": certificate(known, "notpassing")}),
        "enrolled": (signals.COURSE_ENROLLMENT_CREATED, {"enrollment": enrolled}),
        "not passing": (signals.COURSE_PASSING_STATUS_UPDATED, {"course_passing_status": passing}),
        "revoked": (signals.CERTIFICATE_REVOKED, {"certificate": certificate(known, "unavailable")}),
    }


def written(value: Any, metadata: Any) -> dict[str, str]:
    name = f"{type(value).__module__}.{type(value).__name__}"
    told = {name: attr.asdict(value), "event_metadata": attr.asdict(metadata)}
    flat = {key: str(one) for key, one in flattened(told)}
    return {"json": json.dumps(told, default=str), "form": urlencode(flat)}


def flattened(members: dict[str, Any], above: str = "") -> Any:
    for key, value in members.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{above}{key}_")
        else:
            yield f"{above}{key}", value


def main() -> None:
    heard: list[dict[str, str]] = []

    def hear(metadata: Any, **sent: Any) -> None:
        (value,) = (one for name, one in sent.items() if name not in ("signal", "sender", "from_event_bus"))
        heard.append(written(value, metadata))

    made = {}
    for at, (name, (signal, sent)) in enumerate(events().items()):
        signal.connect(hear)
        signal.send_event(send_robust=False, time=AT + timedelta(minutes=at), **sent)
        signal.disconnect(hear)
        made[name] = heard.pop()
    json.dump(made, sys.stdout)


main()
