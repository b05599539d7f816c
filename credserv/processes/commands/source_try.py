"""`credserv source try`: read messages with the adapter of a dialect. Needs no installation."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.records.observations import ActivityReference, Observation, PersonReference
from credserv.sources.adapter import Adapter, Answer, Message, Outcome, Reading, Unread
from credserv.sources.adapters import ADAPTERS
from credserv.sources.observing import is_in_future

EXIT_NONE_OF_THE_DIALECT = 1
_NOTHING = Reading(())
_FUTURE = "its time is in the future"
_NUMBERS = ("raw", "min", "max", "scaled")
_WORDS = ("attempt", "level", "name", "event_type", "supersedes")
_file = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@dataclass(frozen=True)
class _Tried:
    """The result for one file. `fault`: why it is not of the dialect; then there is no reading."""

    name: str
    answer: Answer
    reading: Reading
    fault: InputError | None = None


@click.command("try")
@click.argument("dialect", type=click.Choice(sorted(ADAPTERS)))
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=_file)
@click.option(
    "--json", "as_json", is_flag=True, help="Print what was read as JSON; a list for several files."
)
@click.option("--options", "options_path", type=_file, help="JSON file with the source's options.")
@click.option("--content-type", default="", help="Dialect of the message.  [default: detected]")
def try_messages(
    dialect: str, paths: tuple[Path, ...], as_json: bool, options_path: Path | None, content_type: str
) -> int:
    """Read the messages in FILE (- for standard input) as a source of DIALECT would, and show the result.

    Nothing is stored, judged or sent, and no signature is checked.

    Exit codes: 0 the messages are of this dialect, even if they say nothing; 1 one is not; 2 wrong usage.
    """
    options = _read_options(options_path)
    headers = {"content-type": content_type} if content_type else {}
    tried = [_try(ADAPTERS[dialect], path, headers, options) for path in paths]
    if as_json:
        said = [_as_json(one) for one in tried]
        encoded = msgspec.json.Encoder(decimal_format="number").encode(said if len(said) > 1 else said[0])
        click.echo(msgspec.json.format(encoded, indent=2).decode())
    else:
        click.echo("\n\n".join("\n".join(_as_text(one)) for one in tried))
    for one in tried:
        if one.fault is not None:
            click.echo(
                f"credserv: {one.name} is not a message of the dialect {dialect}: {one.fault.detail}",
                err=True,
            )
    return EXIT_NONE_OF_THE_DIALECT if any(one.fault for one in tried) else 0


def _read_options(path: Path | None) -> JsonObject:
    if path is None:
        return {}
    try:
        return parse_json_object(_read_file(path, "--options"))
    except InputError as error:
        raise click.BadParameter(f"{path}: {error.detail}", param_hint="--options") from error


def _read_file(path: Path, hint: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}", param_hint=hint) from error


def _try(adapter: Adapter, path: Path, headers: JsonObject, options: JsonObject) -> _Tried:
    message = Message(_read_file(path, "FILE"), headers)
    try:
        reading = adapter.read(message, options)
    except InputError as error:
        return _Tried(str(path), adapter.answer(message, None, Outcome.UNREADABLE), _NOTHING, error)
    return _Tried(str(path), adapter.answer(message, reading, Outcome.TAKEN), reading)


# --- as JSON --------------------------------------------------------------------------------------


def _as_json(tried: _Tried) -> JsonObject:
    answer: dict[str, Any] = {"status": tried.answer.status}
    if tried.answer.body is not None:
        answer["body"] = tried.answer.body
    if tried.answer.headers:
        answer["headers"] = dict(tried.answer.headers)
    now = datetime.now(UTC)
    return {
        "observations": [_observation(one, now) for one in tried.reading.observations],
        "answer": answer,
        "unread": [{"place": one.place, "why": one.why} for one in _unread(tried)],
    }


def _unread(tried: _Tried) -> tuple[Unread, ...]:
    if tried.fault is None:
        return (*tried.reading.unread, *tried.reading.passed_over)
    faults = tuple(Unread(fault.place, fault.message) for fault in tried.fault.faults)
    return (Unread("", tried.fault.detail), *faults)


def _observation(one: Observation, now: datetime) -> JsonObject:
    """Return an observation without absent members."""
    told: dict[str, Any] = {
        "kind": one.kind.value,
        "person": [_person(person) for person in one.people],
        "activity": [_activity(activity) for activity in one.activities],
        "event_id": one.event_id,
    }
    if one.occurred_at is not None:
        told["occurred_at"] = _instant(one.occurred_at)
    for name in (*_NUMBERS, "success", "completion", *_WORDS):
        value = getattr(one, name)
        if value is not None:
            told[name] = value
    if one.asserted_by is not None:
        told["asserted_by"] = _person(one.asserted_by)
    if flags := _flags(one, now):
        told["flags"] = list(flags)
    return told


def _person(person: PersonReference) -> JsonObject:
    told = {"kind": person.kind.value, "value": person.value}
    return told if person.home is None else {**told, "home": person.home}


def _activity(activity: ActivityReference) -> JsonObject:
    told = {"kind": activity.kind.value, "value": activity.value}
    return told if activity.name is None else {**told, "name": activity.name}


def _instant(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _flags(one: Observation, now: datetime) -> tuple[str, ...]:
    return (*one.flags, _FUTURE) if is_in_future(one, now) else one.flags


# --- as text --------------------------------------------------------------------------------------


def _as_text(tried: _Tried) -> list[str]:
    count = len(tried.reading.observations)
    found = "is not a message of this dialect" if tried.fault else f"{count} observation{'s' * (count != 1)}"
    lines = [f"{tried.name}: {found}"]
    now = datetime.now(UTC)
    for one in tried.reading.observations:
        lines += _observation_lines(one, now)
    lines += [f"  note         {note}" for note in tried.reading.notes]
    unread = _unread(tried) if tried.fault else tried.reading.unread
    lines += [f"  not read     {_placed(item)}" for item in unread]
    lines += [f"  passed over  {_placed(item)}" for item in tried.reading.passed_over]
    return [*lines, f"  answer       {tried.answer.status}"]


def _observation_lines(one: Observation, now: datetime) -> list[str]:
    about = ", in ".join(
        f"{activity.kind.value} {activity.value}" + (f" ({activity.name})" if activity.name else "")
        for activity in one.activities
    )
    people = ", ".join(f"{person.kind.value} {person.value}" for person in one.people)
    told = {
        "learner": people or "nobody is named",
        "when": _instant(one.occurred_at) if one.occurred_at else "no time given",
        "result": _result(one),
        "said by": one.asserted_by and f"{one.asserted_by.kind.value} {one.asserted_by.value}",
        "event": f"{one.event_type}, {one.event_id}",
        "odd": "; ".join(_flags(one, now)),
    }
    lines = [f"  {name:11}  {value}" for name, value in told.items() if value]
    return [f"  {one.kind.value:11}  {about or 'no activity given'}", *lines]


def _result(one: Observation) -> str:
    said = {name: getattr(one, name) for name in (*_NUMBERS, "level", "success", "completion")}
    return ", ".join(f"{name} {value}" for name, value in said.items() if value is not None)


def _placed(item: Unread) -> str:
    return f"{item.place}: {item.why}" if item.place else item.why
