"""The rules of the house that no linter knows: below the web there is no clock, environment or request."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import credserv
from tests.testkit.clock_shift import TELLING

PACKAGE = Path(credserv.__file__).parent
# Floors 7 and 8, and the processes: what reads the clock and the environment and hands both down.
UPPER = ("web", "processes", "jobs", "app", "__main__.py", "wsgi.py")
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}


def lower_modules() -> list[Path]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return [path for path in paths if path.relative_to(PACKAGE).parts[0] not in UPPER]


def forbidden_uses(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            continue
        name = f"{node.value.id}.{node.attr}"
        is_clock = node.value.id in {"datetime", "date", "time"} and node.attr in CLOCKS
        if (is_clock and name != "time.monotonic") or name in {"os.environ", "os.getenv"}:
            found.append(f"line {node.lineno}: {name}")
    return found


def found_in(paths: Iterable[Path], look: Callable[[ast.AST], list[str]]) -> dict[str, list[str]]:
    """What is found in each file in which anything is: one test for all, there are a thousand."""
    seen = {str(path.relative_to(PACKAGE)): look(ast.parse(path.read_text())) for path in paths}
    return {path: found for path, found in seen.items() if found}


def test_a_clock_that_a_test_sets_wrong_is_that_of_every_module() -> None:
    """Whoever else asks for the date would not be seen to go wrong by `./dev prove faults`."""
    asking = {path for path in sorted(PACKAGE.rglob("*.py")) if "datetime.now(" in path.read_text()}
    assert {
        ".".join(("credserv", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in asking
    } == set(TELLING)


def test_no_clock_and_no_environment_below_the_web() -> None:
    assert found_in(lower_modules(), forbidden_uses) == {}


@pytest.mark.parametrize("code", ["datetime.now(UTC)", "os.environ['X']", "time.time()", "os.getenv('X')"])
def test_the_rule_sees_what_it_forbids(code: str) -> None:
    assert forbidden_uses(ast.parse(code)) != []


# --- the web and the commands ask the journeys ----------------------------------------------------


def reached_into(tree: ast.AST) -> list[str]:
    """Uses of what a store holds (`services.store.sources`); to hand a store on is not to use it."""
    return [
        f"line {node.lineno}: .store.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "store"
    ]


def test_web_and_commands_never_touch_the_store() -> None:
    doors = [*(PACKAGE / "web").rglob("*.py"), *(PACKAGE / "processes" / "commands").rglob("*.py")]
    assert len(doors) > 100
    assert found_in(doors, reached_into) == {}


def test_a_reach_into_the_store_is_seen() -> None:
    assert reached_into(ast.parse("services().store.sources.list()")) != []


# Every room of the web. Their frame is no room: it is what they all share, a file for each thing, and whoever
# adds a page reads none of it but the door; a test tells that it knows no room.
ROOMS = sorted(path.parent for path in (PACKAGE / "web").glob("*/__init__.py") if path.parent.name != "frame")


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.name)
def test_no_room_of_the_web_has_more_than_twelve_files(room: Path) -> None:
    assert len([path for path in room.rglob("*.py") if path.name != "__init__.py"]) <= 12


def test_the_frame_of_the_web_knows_no_room() -> None:
    """Why it may have more files than a room: nothing of what one audience sees can come to lie in it."""
    names = "|".join(room.name for room in ROOMS)
    into = re.compile(
        rf"^\s*(?:from|import) credserv\.web(?:\.(?:{names})\b| import (?:{names})\b)", re.MULTILINE
    )
    assert not [
        path.name for path in (PACKAGE / "web" / "frame").rglob("*.py") if into.search(path.read_text())
    ]


def test_the_wall_between_the_rooms_is_told_and_held_for_each() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    told = re.search(r"^\| rooms of the web [^|]+\| ([^|]+) \|", CONTRIBUTING, re.MULTILINE)
    held = next(one["modules"] for one in contracts if one["name"].startswith("The rooms of the web"))
    rooms = {room.name for room in ROOMS}
    assert told is not None
    assert {one.rpartition(".")[2] for one in held} == set(re.findall(r"`(\w+)`", told[1])) == rooms


def test_journeys_are_tested_by_wing() -> None:
    """Two people who know one feature guess the same folder. What goes through many wings lies at the top."""
    folders = {path.parent.name for path in (ROOT / "tests" / "journeys").glob("*/__init__.py")}
    assert folders <= {path.parent.name for path in (PACKAGE / "journeys").glob("*/__init__.py")}


def test_the_store_has_the_wings_of_the_journeys() -> None:
    """Over its frame and tables; loose lie the store itself and its schema."""
    store = PACKAGE / "store"
    wings = {path.parent.name for path in store.glob("*/__init__.py")} - {"frame", "tables", "migrations"}
    assert wings <= {path.parent.name for path in (PACKAGE / "journeys").glob("*/__init__.py")}
    assert {path.name for path in store.glob("*.py")} == {"__init__.py", "schema.py", "store.py"}


def test_two_modules_lie_loose() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py", "wsgi.py"}


# --- what CONTRIBUTING and the records say --------------------------------------------------------

ROOT = PACKAGE.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:[a-z_]+/)+[a-z_0-9-]+\.(?:py|md))`", CONTRIBUTING)))


def test_contributing_tells_the_floors_that_the_linter_holds() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["name"] == "Imports only go down")
    held = {len(layers) - place: set(re.findall(r"\w+", rooms)) for place, rooms in enumerate(layers)}
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|", CONTRIBUTING, re.MULTILINE)
    assert {int(floor): set(re.findall(r"`(\w+)`", rooms)) for floor, rooms in rows} == held
    assert len(held) == 8


def test_contributing_tells_who_may_import_what() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    held = {
        (frozenset(one["allowed_importers"]), frozenset(one["protected_modules"]))
        for one in contracts
        if one["type"] == "protected"
    }
    table = CONTRIBUTING.partition("| only here | may be imported |")[2].partition("\n\n")[0]
    told = set()
    for who, what in re.findall(r"^\| (`.+`) \| (.+) \|$", table, re.MULTILINE):
        importers = {"credserv." + one.replace("/", ".") for one in re.findall(r"`(.+?)`", who)}
        told.add((frozenset(importers), frozenset(what.split(", "))))
    assert told == held


@pytest.mark.parametrize("named", NAMED)
def test_every_file_that_contributing_names_is_there(named: str) -> None:
    assert (ROOT / named).exists() or (PACKAGE / named).exists()


def test_the_index_of_decisions_has_every_record_and_no_other() -> None:
    folder = ROOT / "docs" / "adr"
    row = r"^\| (\d+) \| \[(.+)\]\((.+\.md)\) \|$"
    listed = re.findall(row, (folder / "README.md").read_text(), re.MULTILINE)
    records = {path.name: path.read_text() for path in folder.glob("0*.md")}
    assert [name for _, _, name in listed] == sorted(records)
    for number, title, name in listed:
        assert records[name].startswith(f"# {number}. {title}\n")


_REFUSED = re.compile(
    r"""not [\w.\[\]()"']*\.verified\b|\["verified"\] is False|== "not_verified"|is Verdict\.NOT_VERIFIED"""
)
_SAYS_WHY = re.compile(
    r"\bwhy\(|\bcodes?\b|\.check\(|checks|failed|reason|headline|sentence|Outcome\.|tone|verdicts?\("
)
_ANY_ERROR = re.compile(r"raises\(CredservError\):")
_NOISE = {"test_cose.py", "test_jose.py", "test_vc_jose_cose.py"}  # that it is an error of ours is asked


def test_found_m8_a_refusal_names_its_reason() -> None:
    """Or a test passes because of another fault than the one it is about."""
    silent: list[str] = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = path.read_text()
        lines = source.splitlines()
        if _ANY_ERROR.search(source) and path.name not in _NOISE:
            silent.append(f"{path.name}: raises(CredservError)")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                said = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                if _REFUSED.search(said) and not _SAYS_WHY.search(said):
                    silent.append(f"{path.name}: {node.name}")
    assert not silent


def test_no_test_asserts_how_fast_the_machine_is() -> None:
    """A bound in seconds is a benchmark's; here it only tells an end from none: HANGS_AFTER."""
    timed = re.compile(r"assert time\.\w+\(\) - \w+ < (?!.*HANGS_AFTER)(.*)")
    found = {
        f"{path.name}: {bound}"
        for path in (ROOT / "tests").rglob("*.py")
        for bound in timed.findall(path.read_text())
        if not bound[0].isupper() and not path.name.startswith("test_found_cost")
    }
    assert not found
