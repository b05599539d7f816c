"""Clients that generators make of our OpenAPI document (U5): they compile, and work against a service."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from credserv.web.api import examples
from tests.testkit.node import node_folder, node_program
from tests.testkit.processes import free_port, running
from tests.testkit.service import Clock, Service, make_service

CLIENT = Path(__file__).with_name("client")
SECONDS = 300


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With a process that really answers; its clock is the machine's."""
    folder, port = tmp_path_factory.mktemp("clients"), free_port()
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    url = f"sqlite:///{folder / 'credserv.sqlite'}"
    clock = Clock(datetime.now(UTC))
    made = make_service(url, folder, clock=clock, port=port, public_url=f"http://localhost:{port}")
    with running(made.settings, webs=1, workers=0):
        yield made


@pytest.fixture(scope="module")
def described(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("described") / "openapi.json"
    path.write_bytes(httpx.get(f"{service.settings.public_url}/api/v1/openapi.json").content)
    return path


def generate(*arguments: str) -> None:
    scripts = Path(sys.executable).parent
    environ = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # for what runs but a moment
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=SECONDS, check=False, env=environ
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    assert "ERROR" not in done.stdout + done.stderr, done.stdout[-4_000:]
    assert "will not be generated" not in done.stdout, done.stdout[-4_000:]


def token_of(service: Service) -> str:
    return service.api_headers()["Authorization"].partition(" ")[2]


# --- openapi-python-client ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def python_client(described: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("python")
    generate(
        str(Path(sys.executable).with_name("openapi-python-client")),
        *("generate", "--path", str(described), "--meta", "none", "--output-path"),
        str(folder / "credserv_client"),
    )
    sys.path.insert(0, str(folder))
    yield importlib.import_module("credserv_client")
    sys.path.remove(str(folder))


def test_found_u5_every_module_of_the_python_client_imports(python_client: ModuleType) -> None:
    names = [found.name for found in pkgutil.walk_packages(python_client.__path__, "credserv_client.")]
    assert len(names) > 60
    for name in names:
        importlib.import_module(name)


def test_found_u5_the_python_client_issues_lists_finds_revokes_and_verifies(
    python_client: ModuleType, service: Service
) -> None:
    models: Any = importlib.import_module("credserv_client.models")
    client = python_client.AuthenticatedClient(service.settings.public_url, token_of(service))
    with client:
        use(service, models, client)


def use(service: Service, models: Any, client: Any) -> None:
    def call(operation: str, **given: Any) -> Any:
        module: Any = importlib.import_module(f"credserv_client.api.{operation}")
        answer = module.sync(client=client, **given)
        assert not isinstance(answer, models.ProblemAnswer), answer
        return answer

    definition = models.AchievementDefinitionPayload.from_dict(examples.ACHIEVEMENT)
    defined = call("achievements.define_achievement", body=definition)
    order = models.CredentialOrderPayload.from_dict(examples.ORDER)
    issued = call("credentials.issue_credential", body=order, idempotency_key="python-client-1")
    batch = call("credentials.issue_credentials", body=models.BatchPayload.from_dict(examples.BATCH))
    assert (batch.created, batch.repeated, batch.failed) == (1, 1, 0)
    assert batch.items[0].id == issued.id

    found = call("credentials.list_credentials", achievement=defined.key, recipient="pat@example.org")
    assert [one.id for one in found.items] == [issued.id]
    first = call("credentials.list_credentials", achievement=defined.key, limit=1)
    second = call("credentials.list_credentials", achievement=defined.key, limit=1, after=first.next_)
    assert {first.items[0].id, second.items[0].id} == {item.id for item in batch.items}
    assert second.next_ is None
    assert call("credentials.get_credential", credential_id=issued.id).state == "active"

    document = httpx.get(issued.credential, headers={"Accept": "application/json"}).json()
    question = models.VerifyPayload(credential=models.VerifyPayloadCredentialType0.from_dict(document))
    assert call("verification.verify", body=question).verdict == "verified"
    revocation = models.StatusChangePayload.from_dict(examples.STATUS)
    revoked = call("credentials.change_credential_status", credential_id=issued.id, body=revocation)
    assert revoked.state == "revoked"
    assert call("verification.verify", body=question).verdict == "not_verified"


# --- openapi-generator ----------------------------------------------------------------------------


def test_found_u5_the_typescript_client_compiles_and_works(
    described: Path, service: Service, tmp_path: Path
) -> None:
    packages = node_folder(CLIENT) / "node_modules"
    generate(
        str(Path(sys.executable).with_name("openapi-generator-cli")),
        *("generate", "-g", "typescript-fetch", "-i", str(described), "-o", str(tmp_path / "generated")),
    )
    assert not list((tmp_path / "generated" / "apis").glob("*ApiApi.ts"))
    shutil.copy(CLIENT / "use.ts", tmp_path)
    (tmp_path / "node_modules").symlink_to(packages)
    compiled = subprocess.run(
        [
            *(node_program(), str(packages / "typescript" / "lib" / "tsc.js"), "--strict", "--outDir", "out"),
            *("--module", "commonjs", "--target", "es2022", "--lib", "es2022,dom", "--types", "node"),
            "--skipLibCheck",
            "use.ts",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stdout[-4_000:]
    used = subprocess.run(
        [node_program(), "out/use.js", service.settings.public_url, token_of(service)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert used.returncode == 0, used.stderr[-4_000:]
    saw = json.loads(used.stdout)
    assert saw == {
        "issued": saw["issued"],
        "repeated": [1, 1, saw["issued"]],
        "listed": [saw["issued"]],
        "all": 2,
        "found": "active",
        "before": "verified",
        "revoked": "revoked",
        "after": "not_verified",
    }


# --- the document ---------------------------------------------------------------------------------


def test_found_u5_every_operation_has_an_id_a_tag_and_is_described(described: Path) -> None:
    document = json.loads(described.read_text())
    operations = [
        operation
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "responses" in operation
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) > 14
    tags = {tag["name"] for tag in document["tags"]}
    assert {tag for operation in operations for tag in operation["tags"]} == tags
    assert all(operation["summary"] for operation in operations)
    keyed = [one for one in operations if one["tags"][0] in ("Achievements", "Credentials", "Verification")]
    bodies = [one["requestBody"]["content"]["application/json"] for one in keyed if "requestBody" in one]
    assert all("example" in body for body in bodies)
