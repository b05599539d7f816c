"""A release: the same bytes whenever it is made, and what was changed since is told (SECURITY.md)."""

from __future__ import annotations

import base64
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from release.__main__ import main
from release.artifacts import SBOM, SUMS
from release.provenance import FILE

ROOT = Path(__file__).resolve().parents[1]
MADE_BY = ["--source", "https://git.example.org/credserv", "--builder", "https://ci.example.org/"]


def keys(folder: Path, name: str) -> tuple[Path, Path]:
    """A private key and its public one, as openssl writes them."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout") / "credserv"
    made = subprocess.run(
        ["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(folder)], capture_output=True
    )
    if made.returncode:
        pytest.skip("this is no checkout of git: clone the repository to make releases of it")
    return folder


@pytest.fixture(scope="module")
def released(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a release, and the public key: made and checked as SECURITY.md says, line by line."""
    folder = tmp_path_factory.mktemp("released")
    block = re.search(r"```sh\n(openssl .*?)```", (ROOT / "SECURITY.md").read_text(), re.DOTALL)
    assert block is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for program, *words in map(shlex.split, block[1].splitlines()):
            if program == "openssl":
                subprocess.run([program, *words], check=True, capture_output=True)
            else:
                assert (program, words[0]) == ("./dev", "release")
                assert main(words[1:], checkout) == 0
    return folder / "dist", folder / "release.pub"


@pytest.fixture
def copied(released: tuple[Path, Path], tmp_path: Path) -> Path:
    return shutil.copytree(released[0], tmp_path / "dist")


def test_a_release_is_made_of_a_commit_again_byte_for_byte(
    checkout: Path, released: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, public = released
    assert main(["check", str(folder), "--key", str(public), "--rebuild"], checkout) == 0
    assert "made again from it here, byte for byte" in capsys.readouterr().out
    commit = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    envelope = json.loads((folder / FILE).read_text())
    told = json.loads(base64.b64decode(envelope["payload"]))
    assert {one["name"] for one in told["subject"]} == {
        path.name for path in folder.iterdir() if path.name not in (FILE, SUMS)
    }
    found = told["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert found[0] == {"uri": f"git+{MADE_BY[1]}", "digest": {"gitCommit": commit}}
    assert [one["name"] for one in found[1:]] == ["requirements.txt", "requirements-dev.txt"]
    assert told["predicate"]["runDetails"]["builder"]["id"] == MADE_BY[3]


def test_its_signature_is_as_dsse_says(released: tuple[Path, Path]) -> None:
    """By hand, after DSSE v1.0.2: SIGNATURE = Sign(PAE(UTF8(PAYLOAD_TYPE), SERIALIZED_BODY))."""
    folder, public = released
    envelope = json.loads((folder / FILE).read_text())
    kind, body = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
    key = load_pem_public_key(public.read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)


def test_sums_are_as_sha256sum_reads_them(released: tuple[Path, Path]) -> None:
    subprocess.run(
        ["sha256sum", "--check", "--strict", SUMS], cwd=released[0], check=True, capture_output=True
    )


def _wheel_changed(folder: Path) -> None:
    wheel = next(folder.glob("*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"!")


def _claim_changed(folder: Path) -> None:
    envelope = json.loads((folder / FILE).read_text())
    body = base64.b64decode(envelope["payload"]).replace(b"ci.example.org", b"ci.example.com")
    (folder / FILE).write_text(json.dumps({**envelope, "payload": base64.b64encode(body).decode()}))


def _kind_changed(folder: Path) -> None:
    envelope = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps({**envelope, "payloadType": "text/plain"}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_wheel_changed, "whl is not the file that was signed"),
        (_claim_changed, "was not signed with this key, or was changed"),
        (_kind_changed, "was not signed with this key, or was changed"),
        (lambda folder: (folder / SBOM).unlink(), f"{SBOM} is missing"),
        (lambda folder: (folder / "more.whl").write_bytes(b""), "more.whl is not of this release"),
        (lambda folder: (folder / SUMS).write_text(""), f"{SUMS} does not say what the files are"),
        (lambda folder: (folder / SUMS).unlink(), f"{SUMS} does not say what the files are"),
        (lambda folder: (folder / FILE).write_text("{}"), "is no signed statement"),
        (lambda folder: (folder / FILE).write_text("[]"), "is no signed statement"),
        (lambda folder: (folder / FILE).unlink(), "holds no release"),
    ],
)
def test_what_was_changed_since_is_told(
    change: Callable[[Path], object],
    said: str,
    released: tuple[Path, Path],
    copied: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(copied)
    assert main(["check", str(copied), "--key", str(released[1])]) == 1
    assert said in capsys.readouterr().err


def test_another_key_signs_no_release_of_ours(
    released: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = keys(tmp_path, "theirs")
    assert main(["check", str(released[0]), "--key", str(public)]) == 1
    assert "was not signed with this key" in capsys.readouterr().err
    assert main(["check", str(released[0]), "--key", str(private)]) == 1
    assert "is no public key in PEM" in capsys.readouterr().err


def test_what_is_not_committed_is_not_released(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = keys(tmp_path, "ours")
    stray = checkout / "stray.txt"
    stray.write_text("not committed")
    try:
        assert main(["make", str(tmp_path / "dist"), "--key", str(private), *MADE_BY], checkout) == 1
    finally:
        stray.unlink()
    assert "commit first" in capsys.readouterr().err
    assert main(["make", str(tmp_path), "--key", str(private), *MADE_BY], checkout) == 1
    assert "is not empty" in capsys.readouterr().err
    assert main(["make", str(tmp_path / "dist"), "--key", str(public), *MADE_BY], checkout) == 1
    assert "is no private key" in capsys.readouterr().err
