"""What the documents say is held against the code: commands, settings, links, examples."""

from __future__ import annotations

import ast
import base64
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from credserv.app.described import DESCRIBED
from credserv.app.factory import create_app
from credserv.app.remembered import compose_environment
from credserv.app.schemas import default_schemas_dir
from credserv.app.settings import Settings
from credserv.app.variables import PREFIX
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.admit.access import SCOPES
from credserv.journeys.define.achievements import check_definition, load_default_image
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.processes.cli import cli, main
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.sources.generic import parse_event
from credserv.sources.mapping import decide, parse_mapping
from credserv.sources.webhook import sign_webhook
from tests.testkit import settings_table
from tests.testkit.catalogues import read
from tests.testkit.commands import commands_of
from tests.testkit.service import NOW, Service, make_settings, prepare_service

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "keys").glob("*.md")],
)
# What the checkout's own script knows besides passing on to the service.
FOR_DEVELOPERS = {"CONTRIBUTING.md", "benchmarks.md"}  # have variables of their own
DEV_COMMANDS = {
    "test",
    "coverage",
    "prove",
    "lint",
    "bench",
    "fuzz",
    "sbom",
    "release",
    "lock",
    "help",
    "credserv",
}


# Translated idioms that no native writer has, each with the plain way (row D10 of found.md).
IDIOMS = {
    r"\bat will\b": "optionally",
    r"\bin small letters\b": "in lower case",
    r"\bby whom ?ever\b": "by anyone",
    r"\bA bad one refuses\b": "If a value is invalid, the service does not start",
    r"\bbegun anew\b": "retried",
    r"\bever more seldom\b": "at growing intervals",
    r"\b[Ss]ystems that hear\b": "systems that are notified",
    r"^(Tell it|Told today|Tell another)\b(?! to)": "notify",
    r"\b(shows|says?) who (it|somebody) is( by)?$": "how it proves who it is",
    r"\blure it out\b": "trick you into using it",
}
MEANT = {"benchmarks.md": r"\bbegun anew\b"}  # a service is, for each figure


@pytest.mark.parametrize(
    "path",
    [ROOT / "README.md", *sorted(set((ROOT / "docs").glob("*.md")) - {ROOT / "docs" / "attacks.md"})],
    ids=lambda path: path.name,
)
def test_found_d10_the_prose_has_no_translated_idioms(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    kept = MEANT.get(path.name)
    found = [
        f"{idiom}: {plain}" for idiom, plain in IDIOMS.items() if idiom != kept and re.search(idiom, text)
    ]
    assert found == []


@pytest.mark.parametrize("idiom", IDIOMS, ids=IDIOMS.values())
def test_found_d10_pages_have_no_translated_idioms(idiom: str) -> None:
    texts = [message.id if isinstance(message.id, str) else message.id[0] for message in read("de")]
    assert [text for text in texts if re.search(idiom, text)] == []


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
        for name, command in commands_of(group).items():
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
        found = commands_of(command).get(word)
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
    if program == "openssl":  # run as it stands, by tests/test_release.py
        return
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


# --- commands, options and settings that messages and pages name -----------------------------------


def said() -> Iterator[tuple[str, str]]:
    """Every text of the product that a person may read, with its file: strings of the code, and templates."""
    for path in sorted((ROOT / "credserv").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield str(path.relative_to(ROOT)), node.value
    for path in sorted((ROOT / "credserv").rglob("*.html")):
        yield str(path.relative_to(ROOT)), path.read_text().replace("{{ own }}", " --organisation acme")


def named_in(text: str) -> Iterator[list[str]]:
    """The command lines in backticks or code elements, as `credserv keys list`."""
    for line in re.findall(r"(?:`|<code>)((?:credserv|\./dev) [a-z][^`<\n]*)(?:`|</code>)", text):
        yield line.split()


def is_known(words: list[str]) -> bool:
    """Whether the words lead to a command with these options, or to a group of them."""
    program, *rest = words
    if program == "./dev" and rest[0] in DEV_COMMANDS - {"credserv"}:
        return True
    command: click.Command = cli
    for word in rest[rest[0] == "credserv" :]:
        if isinstance(command, click.Group):
            if word not in commands_of(command):
                return False
            command = commands_of(command)[word]
        elif word.startswith("--") and word.partition("=")[0] not in options_of(command):
            return False
    return True


def options_of(command: click.Command) -> set[str]:
    return {name for option in command.params for name in option.opts} | {"--help"}


def all_options() -> set[str]:
    def walk(command: click.Command) -> Iterator[str]:
        yield from options_of(command)
        for below in commands_of(command).values() if isinstance(command, click.Group) else ():
            yield from walk(below)

    return set(walk(cli))


def test_d5_every_command_that_a_message_or_document_names_is_there() -> None:
    texts = [*said(), *((str(path.relative_to(ROOT)), path.read_text()) for path in DOCUMENTS)]
    named = [(place, words) for place, text in texts for words in named_in(text)]
    assert len(named) > 30
    assert [(place, " ".join(words)) for place, words in named if not is_known(words)] == []


def test_d5_no_message_knows_the_checkout_alone() -> None:
    """Whoever installed the package has no `./dev`: a text that names its command names ours, too."""
    for place, text in said():
        named = [words for words in named_in(text) if words[0] == "./dev" and "Read by" not in text]
        assert all(f"credserv {words[1]}" in text for words in named), place


@pytest.mark.parametrize("line", ["credserv serve --port 9", "credserv nothing", "./dev keys list --all"])
def test_d5_what_is_not_there_is_seen(line: str) -> None:
    assert not is_known(line.split())


OF_GUNICORN = ("credserv/processes/supervisor", "credserv/processes/web_log")


def test_d5_every_option_that_a_message_names_is_one_of_some_command() -> None:
    """Words of click's own, of gunicorn's and of CSS are no options of ours."""
    messages = [
        (place, text)
        for place, text in said()
        if place.endswith(".py") and " " in text and not place.startswith(OF_GUNICORN)
    ]
    known = all_options()
    assert [
        (place, option)
        for place, text in messages
        for option in re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", text)
        if option not in known
    ] == []


def test_d2_every_setting_that_a_text_names_is_there() -> None:
    names = {field.name.upper() for field in fields(Settings)}
    names |= {f"{name}_FILE" for name in names} | {"DATA_DIR"}
    texts = [
        *said(),
        *((path.name, path.read_text()) for path in DOCUMENTS if path.name not in FOR_DEVELOPERS),
    ]
    named = [
        (place, name)
        for place, text in texts
        for name in re.findall(rf"{PREFIX}([A-Z][A-Z0-9_]*[A-Z0-9])(?![A-Z0-9_*])", text)
    ]
    assert len(named) > 40
    assert [(place, name) for place, name in named if name not in names] == []


# What the operators' table shows as a value, by setting. Each starts a service.
EXAMPLES = {
    "DATABASE_URL": "sqlite:////{folder}/other.sqlite",
    "DATABASE_URL ": "postgresql://user:password@host/name",
    "JOBS_DATABASE_URL": "sqlite:////{folder}/other-jobs.sqlite",
    "ISSUER_EMAIL": "badges@example.org",
    "MAIL_FROM": "badges@example.org",
    "RATE_LIMIT_STORAGE_URL": "redis://127.0.0.1:6379",
    "RATE_LIMIT_STORAGE_URL ": "memory://",
    "STATUS_LISTS_BY_ANYONE": "1",
    "CERTIFICATE_REVOCATION": "0",
    "TEST_ISSUER": "1",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_d2_every_example_value_starts(name: str, sqlite_template: Path, tmp_path: Path) -> None:
    """The application is built with it; a server that it names is not asked for anything yet."""
    shutil.copyfile(sqlite_template, tmp_path / "c.sqlite")
    given = EXAMPLES[name].format(folder=str(tmp_path).lstrip("/"))
    if "other.sqlite" in given:
        shutil.copyfile(sqlite_template, tmp_path / "other.sqlite")
    settings = make_settings(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, **{name.strip(): given})
    if not settings.database_url.startswith("postgresql"):
        prepare_service(settings, NOW, starters=False)
        assert create_app(settings).test_client().get("/healthz").status_code == 200


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


def test_the_operators_table_is_made_from_the_code_and_has_every_setting() -> None:
    page = settings_table.PAGE.read_text()
    assert settings_table.written(page) == page, "run `python -m tests.testkit.settings_table --write`"
    assert sorted(DESCRIBED) == sorted(field.name.upper() for field in fields(Settings))


def test_the_defaults_in_the_operators_table_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "operator.md").read_text()
    settings = Settings.from_env(
        {"CREDSERV_SECRET_KEY": "0123456789abcdef" * 2, "CREDSERV_KEY_PASSPHRASE": "0123456789abcdef"}
    )
    documented = dict(re.findall(rf"^\| `{PREFIX}([A-Z0-9_]+)` \*? ?\| `([^`]+)` \|", text, re.MULTILINE))
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
    examples = [text.encode() for text in blocks(ROOT / "docs" / "lms.md", "json")]
    mapping, event, *_ = map(parse_json_object, examples)
    decision = decide(parse_mapping(mapping), parse_event(event))
    assert decision.achievement_key == "active-listening"


def test_u4_the_documents_followed_to_the_letter_end_with_a_badge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An installation begun, the administrators' achievement loaded, the source made, its event sent."""
    monkeypatch.chdir(tmp_path)
    definition = blocks(ROOT / "docs" / "administrator.md", "json")[0]
    mapping, event, *_ = blocks(ROOT / "docs" / "lms.md", "json")
    Path("active-listening.json").write_text(definition)
    Path("active-listening.png").write_bytes(load_default_image(default_schemas_dir()).png)
    Path("mapping.json").write_text(mapping)
    for line in ("init", "schema load active-listening.json", "source create campus --mapping mapping.json"):
        assert main([*line.split(), "--data", str(tmp_path / "data")]) == 0, line
    said = capsys.readouterr().out
    settings = Settings.from_env(compose_environment({}, tmp_path / "data"))
    client, now = create_app(settings).test_client(), int(datetime.now(UTC).timestamp())
    (secret,) = re.findall(r"whsec_\S+", said)
    (address,) = re.findall(r"http\S+(/hooks/campus)", said)
    headers = {"Content-Type": "application/json", "webhook-id": "evt_1", "webhook-timestamp": str(now)}
    headers["webhook-signature"] = sign_webhook(secret, "evt_1", now, event.encode())
    answer = client.post(address, data=event.encode(), headers=headers)
    assert (answer.status_code, answer.get_json().get("state")) == (201, "issued"), answer.text


def test_d5_the_api_takes_the_achievement_of_the_documents(sqlite_service: Service) -> None:
    """With its picture's bytes in place of the name, as the document says."""
    example = json.loads(blocks(ROOT / "docs" / "administrator.md", "json")[0])
    picture = base64.b64encode(load_default_image(default_schemas_dir()).png).decode()
    example["image"]["png"] = f"data:image/png;base64,{picture}"
    answer = sqlite_service.client().post(
        "/api/v1/achievements", json=example, headers=sqlite_service.api_headers()
    )
    assert answer.status_code == 201, answer.text


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


# How many rows each section of OWASP ASVS 5.0.0 has, in its order.
ASVS = {
    "V1": (2, 10, 12, 3, 3),
    "V2": (3, 3, 5, 2),
    "V3": (1, 3, 5, 8, 8, 1, 5),
    "V4": (5, 5, 2, 4),
    "V5": (1, 6, 3, 3),
    "V6": (3, 12, 8, 6, 8, 4, 2, 4),
    "V7": (3, 4, 2, 5, 3, 2),
    "V8": (4, 4, 3, 2),
    "V9": (3, 4),
    "V10": (2, 3, 5, 16, 5, 2, 3),
    "V11": (4, 5, 5, 4, 2, 2, 2),
    "V12": (5, 2, 5),
    "V13": (4, 6, 4, 7),
    "V14": (2, 8, 3),
    "V15": (5, 5, 7, 4),
    "V16": (1, 5, 4, 3, 4),
    "V17": (2, 8, 2),
}


def test_the_threats_name_tests_that_are_there() -> None:
    """Each row is met by a test or says why it has none, and the rows are whole."""
    text = "".join((ROOT / "docs" / name).read_text() for name in ("threats.md", "asvs.md"))
    rows = re.findall(r"^\| ([VT][0-9.V, ]+) \| .+ \| ([a-z ]+) \| (.+) \|$", text, re.MULTILINE)
    assert {state for _, state, _ in rows} <= {"met", "partly", "open", "operator", "not here"}
    for row, _state, why in rows:
        for file, name in re.findall(r"`(tests/[a-z0-9_/]+\.py)(?:::(test_\w+))?`", why):
            assert (ROOT / file).is_file(), row
            assert not name or re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), (
                row,
                name,
            )
    assert [row for row, *_ in rows if row.startswith("T")] == [f"T{number}" for number in range(1, 42)]
    known = [one for row, *_ in rows if row.startswith("V") for one in row.split(", ")]
    named = [
        f"{chapter}.{section}.{number}"
        for chapter, counts in ASVS.items()
        for section, count in enumerate(counts, 1)
        for number in range(1, count + 1)
    ]
    assert sorted(known) == sorted(named)


def test_decisions_that_are_named_are_there() -> None:
    known = {path.name[:4] for path in (ROOT / "docs/adr").glob("[0-9]*.md")}
    files = [*DOCUMENTS, *(path for name in ("credserv", "tests") for path in (ROOT / name).rglob("*.py"))]
    named = {(path, number) for path in files for number in re.findall(r"\badr/(\d{4})", path.read_text())}
    assert len(named) > 20
    assert sorted((str(path), number) for path, number in named if number not in known) == []
