"""What the documents say is held against the code: commands, settings, links, examples."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from credserv.app.settings import PREFIX, Settings, default_schemas_dir
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.admit.access import SCOPES
from credserv.journeys.define.achievements import check_definition, load_default_image
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.processes.cli import cli
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.sources.generic import parse_event
from credserv.sources.mapping import decide, parse_mapping

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "keys").glob("*.md")],
)
# What the checkout's own script knows besides passing on to the service.
DEV_COMMANDS = {"test", "coverage", "prove", "lint", "bench", "fuzz", "lock", "help", "credserv"}


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


def shell_lines() -> Iterator[tuple[Path, list[str]]]:
    for path in DOCUMENTS:
        for block in blocks(path, "sh"):
            for line in block.splitlines():
                yield path, shlex.split(line, comments=True)


def service_commands() -> set[str]:
    """Every command of the service by its words, groups left out."""

    def walk(group: click.Group, before: str) -> Iterator[str]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                yield from walk(command, f"{before}{name} ")
            else:
                yield before + name

    return set(walk(cli, ""))


def named_command(words: list[str]) -> click.Command | None:
    command: click.Command = cli
    for word in words:
        if not isinstance(command, click.Group):
            break
        found = command.commands.get(word)
        if found is None:
            return None
        command = found
    return None if isinstance(command, click.Group) else command


def test_there_are_shell_blocks_to_look_at() -> None:
    assert len(list(shell_lines())) > 15


@pytest.mark.parametrize(
    ("path", "words"),
    list(shell_lines()),
    ids=lambda value: value.name if isinstance(value, Path) else " ".join(value),
)
def test_every_command_line_in_the_documents_parses(path: Path, words: list[str]) -> None:
    """The real parser takes the line: the command is there, and so is each option."""
    program, *rest = words
    if program == "./dev":
        if rest[0] in DEV_COMMANDS - {"credserv"}:
            return
        rest = rest[1:] if rest[0] == "credserv" else rest
    else:
        assert program == "credserv"
    command = named_command(rest)
    assert command is not None, f"{path.name}: there is no command {' '.join(words)}"
    depth = next(index for index in range(1, len(rest) + 1) if named_command(rest[:index]) is command)
    command.make_context(command.name, rest[depth:])


def test_dev_help_and_the_script_agree() -> None:
    text = (ROOT / "dev").read_text()
    usage = text.split("<<'EOF'\n", 1)[1].split("\nEOF\n", 1)[0]
    named = set(re.findall(r"^  ([a-z-]+)", usage, re.MULTILINE))
    cases = text[text.index("\ncase $command in") :]
    taken = {
        word
        for pattern in re.findall(r"^    ([a-z-][a-z |-]*)\)", cases, re.MULTILINE)
        for word in pattern.split(" | ")
        if not word.startswith("-")
    }
    assert named == taken
    assert named - DEV_COMMANDS <= service_commands()


@pytest.mark.parametrize("command", sorted(service_commands()))
def test_every_command_is_in_a_document(command: str) -> None:
    name = re.escape(command)
    assert any(re.search(rf"(credserv|\./dev) {name}\b|`{name}`", path.read_text()) for path in DOCUMENTS)


def test_the_operators_table_has_every_setting_and_no_other() -> None:
    text = (ROOT / "docs" / "operator.md").read_text()
    documented = re.findall(rf"^\| `{PREFIX}([A-Z_]+)`", text, re.MULTILINE)
    assert sorted(documented) == sorted(field.name.upper() for field in fields(Settings))


def test_the_defaults_in_the_operators_table_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "operator.md").read_text()
    settings = Settings.from_env(
        {"CREDSERV_SECRET_KEY": "0123456789abcdef" * 2, "CREDSERV_KEY_PASSPHRASE": "0123456789abcdef"}
    )
    documented = dict(re.findall(rf"^\| `{PREFIX}([A-Z_]+)` \*? ?\| `([^`]+)` \|", text, re.MULTILINE))
    constant = {name: value for name, value in documented.items() if not value.startswith((".", "Issuer at"))}
    assert len(constant) > 12
    for name, default in constant.items():
        value = getattr(settings, name.lower())
        assert str(int(value) if isinstance(value, bool) else value) == default, name


def test_the_scopes_are_all_documented() -> None:
    text = (ROOT / "docs" / "administrator.md").read_text()
    assert sorted(re.findall(r"^\| `([a-z-]+:[a-z]+)`", text, re.MULTILINE)) == sorted(SCOPES)


def test_the_achievement_in_the_documents_has_no_faults() -> None:
    schemas_dir = default_schemas_dir()
    example = blocks(ROOT / "docs" / "administrator.md", "json")[0]
    image = load_default_image(schemas_dir)
    faults = check_definition(
        parse_json_object(example.encode()),
        read_image=lambda name: image.png,
        schemas=CredentialSchemas.load(schemas_dir),
        canonizer=Canonizer(PinnedContexts.load(schemas_dir)),
        default_image=image,
    )
    assert faults == ()


def test_the_event_in_the_documents_fits_the_mapping_in_the_documents() -> None:
    mapping, event = (parse_json_object(text.encode()) for text in blocks(ROOT / "docs" / "lms.md", "json"))
    decision = decide(parse_mapping(mapping), parse_event(event))
    assert decision.achievement_key == "mentor-foundation"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        assert "://" in target or (path.parent / target).exists(), target
    for target in re.findall(r"`((?:docs|tests|credserv|schemas)/[a-zA-Z0-9_./-]+)`", path.read_text()):
        assert (ROOT / target).exists(), target


def test_examples_in_json_are_json() -> None:
    for path in DOCUMENTS:
        for block in blocks(path, "json"):
            json.loads(block)
