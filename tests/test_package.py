"""Installed from its wheel or its sdist, with what it declares and nothing else, the service runs from any
folder (found.md U9)."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.processes import free_port

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = [Requirement(line) for line in PROJECT["dependencies"]]
BUILD = "import sys, hatchling.build as build; print(getattr(build, sys.argv[1])(sys.argv[2]))"
READY_SECONDS = 120


def locked(lines: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ \\;]+)", lines, re.MULTILINE))


def test_u9_what_is_declared_is_what_is_locked() -> None:
    """`requirements.in` names the same packages, and each locked version is in its range."""
    named = re.findall(r"^([a-z0-9._-]+)", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    assert sorted(declared.name for declared in DECLARED) == sorted(named)
    versions = locked((ROOT / "requirements.txt").read_text())
    assert [declared for declared in DECLARED if versions[declared.name] not in declared.specifier] == []
    assert [declared for declared in DECLARED if len(list(declared.specifier)) != 2] == []


@pytest.mark.parametrize("path", ["dev", "benchmarks/install.py"])
def test_locked_packages_are_installed_by_their_lists_alone(path: str) -> None:
    """uv would hold them to the bounds of pyproject.toml too, which have no hashes: it installed nothing."""
    text = (ROOT / path).read_text()
    assert text.count("--no-config") == len(re.findall(r'uv pip install|"pip", "install"', text)) == 1


def build(source: Path, kind: str, folder: Path) -> Path:
    """The file that the declared build backend makes of a source tree."""
    ran = subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{kind}", str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        check=True,
    )
    return folder / ran.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of the checkout, and the one that its sdist makes."""
    folder = tmp_path_factory.mktemp("built")
    sdist = build(ROOT, "sdist", folder)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    return {"wheel": build(ROOT, "wheel", folder), "sdist": build(unpacked, "wheel", folder / "again")}


def closure(requirements: list[Requirement]) -> dict[str, Distribution]:
    """What an installer would bring, of the versions that are here; fails where one is not in its range."""
    found: dict[str, Distribution] = {}
    waiting = [(requirement, "") for requirement in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        known = distribution(requirement.name)
        assert known.version in requirement.specifier, f"{requirement} against {known.version}"
        is_new = found.setdefault(requirement.name.lower(), known) is known
        if is_new or requirement.extras:
            needs = [Requirement(line) for line in known.requires or ()]
            waiting += [(need, extra) for need in needs for extra in ("", *requirement.extras)]
    return found


def place(known: Distribution, packages: Path) -> None:
    """Links to a distribution's own files, as if they were installed there."""
    for name in {Path(str(file)).parts[0] for file in known.files or ()} - {"..", "__pycache__"}:
        target = packages / name
        if not target.exists():
            target.symlink_to(Path(str(known.locate_file(name))))


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_u9_the_sdist_makes_the_same_wheel(wheels: dict[str, Path]) -> None:
    """So whatever is shown below of the one holds for the other."""
    assert contents(wheels["sdist"]) == contents(wheels["wheel"])


@pytest.fixture
def installed(wheels: dict[str, Path], tmp_path: Path) -> Path:
    """The folder with the commands of an environment that has the package and what it declares."""
    environment = tmp_path / "environment"
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    (packages,) = environment.glob("lib/python*/site-packages")
    wheel = str(wheels["wheel"])
    words = [
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--python",
        str(python),
        wheel,
    ]
    subprocess.run([sys.executable, *words], check=True)
    (own,) = (Distribution.at(path) for path in packages.glob("credserv-*.dist-info"))
    for known in closure(
        [Requirement(line) for line in own.requires or () if "extra ==" not in line]
    ).values():
        place(known, packages)
    return environment / "bin"


def environment() -> dict[str, str]:
    """Without anything that would lead to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CREDSERV_", "PYTHON"))}


@pytest.fixture
def demo(installed: Path, tmp_path: Path) -> Iterator[str]:
    """A demonstration in an empty folder; all that it printed until it was ready."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    process = subprocess.Popen(
        [installed / "credserv", "demo", "--port", str(free_port())],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("curl "):
            break
    yield said
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=READY_SECONDS)


def test_u9_the_package_brings_all_that_it_needs(installed: Path, demo: str) -> None:
    told = subprocess.run(
        [installed / "credserv", "--help"],
        cwd="/",
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "demo" in told.stdout
    curl = [line for line in demo.splitlines() if line.startswith("curl ")]
    assert curl, demo
    if not shutil.which("curl"):
        pytest.skip("needs curl: apt-get install curl")
    ran = subprocess.run(shlex.split(curl[0]), capture_output=True, text=True, check=True)
    address = json.loads(ran.stdout)["credential"]
    request = urllib.request.Request(address, headers={"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=HANGS_AFTER) as response:
        document = response.read()
    base = address.partition("/credentials/")[0]
    asked = urllib.request.Request(
        f"{base}/api/v1/verify", document, {"Content-Type": "application/vc+ld+json"}
    )
    with urllib.request.urlopen(asked, timeout=60) as response:
        assert json.load(response)["verdict"] == "verified"
