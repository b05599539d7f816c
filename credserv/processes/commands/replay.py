"""`credserv replay`: why somebody has a credential, from the raw messages on, and whether it still
follows."""

from __future__ import annotations

import json
from typing import Any

import click

from credserv.ground.encoding import format_instant
from credserv.journeys.award.replay import Replay, Replayed, replay
from credserv.processes.commands.context import Installation, in_organisation
from credserv.records.sources import EventRecord


@click.command("replay")
@click.argument("credential")
@click.option("--json", "as_json", is_flag=True, help="Print the replay as JSON.")
@in_organisation
def replay_command(installation: Installation, credential: str, as_json: bool) -> int:
    """Show what CREDENTIAL (its id or address) rests on, judged again.

    Exits with 1 if the verdict differs now.
    """
    found = replay(installation.services, credential)
    click.echo(json.dumps(tell(found), indent=2, ensure_ascii=False) if as_json else _text(found))
    return 0 if found.agrees else 1


def tell(found: Replay) -> dict[str, Any]:
    """Return it as JSON."""
    record = found.credential
    told: dict[str, Any] = {
        "credential": found.url,
        "state": record.state.value,
        "achievement": record.order.achievement_key,
        "achievement_version": record.order.achievement_version,
        "issued_at": format_instant(record.issued_at),
        "ordered_by": record.order.scope,
        "observations": [_tell_observation(one) for one in found.observations],
    }
    if found.rule is not None:
        told["rule"] = {
            "achievement": found.rule.achievement_key,
            "version": found.rule.version,
            "sha256": found.rule.sha256,
            "document": found.rule.document,
        }
    if found.mapping is not None:
        told["mapping"] = {**found.mapping, "recorded": found.is_recorded}
    if found.event is not None:
        told["message"] = _tell_message(found.event)
    told["verdict"] = {"then": found.then, "now": found.now, "agrees": found.agrees}
    if found.note:
        told["note"] = found.note
    return told


def _tell_observation(one: Replayed) -> dict[str, Any]:
    record = one.record
    told = {"id": record.id, "state": record.state.value, "namespace": record.namespace, **record.content}
    message = {**_tell_message(one.event), "is_whole": one.is_whole, "reads_alike": one.reads_alike}
    return {**told, "message": message}


def _tell_message(event: EventRecord) -> dict[str, Any]:
    return {
        "source": event.source,
        "id": event.event_id,
        "received_at": format_instant(event.received_at),
        "sha256": event.body_sha256,
        "authentication": event.authentication,
        "adapter": event.adapter,
        "adapter_version": event.adapter_version,
        "body": event.body.decode("utf-8", "replace"),
    }


def _text(found: Replay) -> str:
    record = found.credential
    lines = [
        f"{found.url} ({record.state.value})",
        f"  {record.order.achievement_key}, version {record.order.achievement_version}, "
        f"issued {format_instant(record.issued_at)}, ordered by {record.order.scope}",
    ]
    for one in found.observations:
        said = one.record.observation
        at = "no date" if said.occurred_at is None else format_instant(said.occurred_at)
        about = ", ".join(each.value for each in said.activities)
        lines += [f"  observation {one.record.id}: {said.kind.value} {about} ({at})", *_lines(one.event)]
        alike = {True: "reads the same", False: "READS DIFFERENTLY", None: "cannot be read here"}
        whole = {True: "whole", False: "CHANGED", None: "deleted after the retention time in the settings"}
        lines.append(f"      {whole[one.is_whole]}, {alike[one.reads_alike]}")
    if found.event is not None:
        lines += _lines(found.event)
    if found.rule is not None:
        lines.append(f"  rule of {found.rule.achievement_key}, version {found.rule.version}")
    if found.mapping is not None:
        lines.append(f"  mapping: {json.dumps(found.mapping, ensure_ascii=False)}")
    lines.append(f"  verdict then: {found.then}; with everything known now: {found.now}")
    return "\n".join([*lines, *([f"  {found.note}"] if found.note else [])])


def _lines(event: EventRecord) -> list[str]:
    verdict = event.authentication
    signed = "not recorded" if verdict is None else ("signed" if verdict.get("is_signed") else "not signed")
    method = "" if verdict is None else f" ({verdict.get('method')})"
    read = "" if event.adapter is None else f", read by {event.adapter} {event.adapter_version}"
    return [
        f"    message {event.event_id} of {event.source}, {format_instant(event.received_at)}",
        f"      signature: {signed}{method}{read}",
    ]
