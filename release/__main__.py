"""`./dev release make DIR …` makes a release of what is committed; `./dev release check DIR …` checks one.

A release is a wheel, an sdist, a list of what it is made of (CycloneDX 1.6), their SHA-256 (SHA256SUMS), and
how it was made, signed (provenance.intoto.jsonl).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from release.artifacts import SUMS, Commit, ReleaseError, build, digests, head_of, locked, sums
from release.provenance import FILE, Origin, sign, statement, verify

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """0 where it was made, or is what it says."""
    options = _parser().parse_args(arguments)
    try:
        if options.act == "make":
            make(root, options.folder, Origin(options.source, options.builder), options.key)
        else:
            check(root, options.folder, options.key, rebuild=options.rebuild)
    except ReleaseError as error:
        sys.stderr.write(f"release: {error}\n")
        return 1
    return 0


def make(root: Path, folder: Path, origin: Origin, key: Path) -> None:
    """Raises ReleaseError."""
    if folder.exists() and any(folder.iterdir()):
        raise ReleaseError(f"{folder} is not empty")
    commit = head_of(root)
    made = digests(build(root, commit, folder))
    signed = sign(statement(made, commit, origin, locked(root, commit)), key)
    (folder / SUMS).write_text(sums(made))
    (folder / FILE).write_text(signed)
    sys.stdout.write(f"{sums(made)}made of {commit.digest}; how, is signed in {folder / FILE}\n")


def check(root: Path, folder: Path, key: Path, *, rebuild: bool) -> None:
    """That the files are those that were signed, all and none besides. rebuild: and that the same ones come
    of the commit, which has to be in this checkout. Raises ReleaseError."""
    try:
        told = verify((folder / FILE).read_text(), key)
        there = digests(tuple(path for path in folder.iterdir() if path.name not in (FILE, SUMS)))
    except OSError as error:
        raise ReleaseError(f"{folder} holds no release: {error}") from error
    stated = {one["name"]: one["digest"]["sha256"] for one in told["subject"]}
    _compare(stated, there)
    if not (folder / SUMS).exists() or (folder / SUMS).read_text() != sums(there):
        raise ReleaseError(f"{SUMS} does not say what the files are")
    digest = _source(told)["digest"]["gitCommit"]
    if rebuild:
        with tempfile.TemporaryDirectory(prefix="credserv-release-") as name:
            _compare(stated, digests(build(root, _commit_of(told), Path(name))))
    built = "; made again from it here, byte for byte" if rebuild else ""
    by = told["predicate"]["runDetails"]["builder"]["id"]
    sys.stdout.write(f"{len(there)} files are what {by} made of {digest}{built}\n")


def _source(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = told["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    return found


def _commit_of(told: dict[str, Any]) -> Commit:
    seconds = told["predicate"]["buildDefinition"]["internalParameters"]["SOURCE_DATE_EPOCH"]
    return Commit(_source(told)["digest"]["gitCommit"], datetime.fromtimestamp(seconds, UTC))


def _compare(stated: dict[str, str], found: dict[str, str]) -> None:
    for name in sorted(stated.keys() | found.keys()):
        if name not in found:
            raise ReleaseError(f"{name} is missing")
        if name not in stated:
            raise ReleaseError(f"{name} is not of this release")
        if stated[name] != found[name]:
            raise ReleaseError(f"{name} is not the file that was signed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev release", description=__doc__.partition("\n\n")[2])
    acts = parser.add_subparsers(dest="act", required=True, metavar="make|check")
    made = acts.add_parser("make", help="a release of what is committed")
    made.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder for it")
    made.add_argument("--key", type=Path, required=True, metavar="PEM", help="the private key that signs")
    made.add_argument("--source", required=True, metavar="URL", help="the address of the repository")
    made.add_argument(
        "--builder", required=True, metavar="URL", help="who builds, such as https://ci.example.org/"
    )
    checked = acts.add_parser("check", help="whether files are those that were signed")
    checked.add_argument("folder", type=Path, metavar="DIR")
    checked.add_argument("--key", type=Path, required=True, metavar="PEM", help="the public key")
    checked.add_argument("--rebuild", action="store_true", help="make them here again, and compare")
    return parser


if __name__ == "__main__":
    sys.exit(main())
