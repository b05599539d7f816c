"""Signing keys in AWS KMS, as moto serves it: what it signs verifies, and without it nothing is signed."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from credserv.app.doctor.keys import signing_keys
from credserv.app.doctor.ward import Ward
from credserv.app.factory import create_app
from credserv.app.installation import InKms, prepare
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.app.signing_keys import create_key
from credserv.ground.encoding import KeyType, decode_multikey
from credserv.ground.errors import SigningKeyError
from credserv.journeys.define.achievements import load_starters
from credserv.processes.cli import cli
from credserv.proof.keys import aws_signer
from credserv.proof.keys.public_key import verify_signature
from credserv.proof.keys.signer import open_signer, read_private_key
from credserv.records.credentials import CredentialState
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.processes import environ_of, free_port
from tests.testkit.service import MAPPING, SOURCE, Clock, NoNetwork, Service, make_settings

SPECS = {KeyType.ED25519: "ECC_NIST_EDWARDS25519", KeyType.P256: "ECC_NIST_P256"}
REGION = "eu-central-1"


@pytest.fixture(scope="module")
def kms() -> Iterator[Any]:
    """A client of an operator, who makes keys; the service finds the same server by AWS's own variables."""
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    pytest.importorskip("moto", reason="moto is not installed")
    port = free_port()
    command = [sys.executable, "-m", "tests.testkit.aws_kms", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + HANGS_AFTER
        while time.monotonic() < until:
            with suppress(OSError), urllib.request.urlopen(f"{url}/moto-api/"):
                break
            assert server.poll() is None
            time.sleep(0.05)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", url)
            patch.setenv("AWS_ACCESS_KEY_ID", "operator")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "of these tests")
            patch.setattr(aws_signer, "_CLIENTS", {})
            yield boto3.session.Session(region_name=REGION).client("kms")
    finally:
        server.kill()
        server.wait()


def made_key(kms: Any, spec: str, usage: str = "SIGN_VERIFY") -> str:
    return str(kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"])


def key_id(arn: str) -> str:
    """What moto takes where keys are disabled."""
    return arn.rpartition("/")[2]


def opened(arn: str) -> aws_signer.KmsSigner:
    found = open_signer(f"awskms:{arn}", keys_dir=Path(), passphrase=b"")
    assert isinstance(found, aws_signer.KmsSigner)
    return found


@pytest.mark.parametrize("kind", list(SPECS), ids=lambda kind: kind.name)
def test_what_kms_signs_verifies(kms: Any, kind: KeyType) -> None:
    signer = opened(made_key(kms, SPECS[kind]))
    assert signer.key_type is kind
    key_type, public_key = decode_multikey(signer.public_key_multibase)
    for data in (b"x", b"y" * 4_096, *([b"z" * 10_000] if kind is KeyType.P256 else [])):
        verify_signature(key_type, public_key, signer.sign(data), data)


def test_ed25519_tells_that_a_token_is_too_long_for_it(kms: Any) -> None:
    signer = opened(made_key(kms, SPECS[KeyType.ED25519]))
    with pytest.raises(SigningKeyError, match="use a key on P-256 for tokens"):
        signer.sign(b"y" * 4_097)


def test_attack_78_a_key_in_kms_is_not_given_away(kms: Any) -> None:
    arn = made_key(kms, "ECC_NIST_P256")
    with pytest.raises(SigningKeyError, match="in AWS KMS, which does not give it away"):
        read_private_key(f"awskms:{arn}", keys_dir=Path(), passphrase=b"x")
    with pytest.raises(TypeError):
        opened(arn).__reduce__()


def test_what_is_no_key_to_sign_with_is_told(kms: Any) -> None:
    known = made_key(kms, "ECC_NIST_P256")
    wrong = {
        "alias/issuer": "Give the key's ARN, which says its region",
        known.replace(":key/", ":alias/"): "Give the key's ARN",
        known.rpartition("/")[2]: "Give the key's ARN, which says its region",
        known[:-4] + "0000": "AWS KMS has no key arn:",
        made_key(kms, "RSA_2048"): "is neither Ed25519 nor P-256",
        made_key(kms, "ECC_SECG_P256K1"): "is neither Ed25519 nor P-256",
    }
    for arn, why in wrong.items():
        with pytest.raises(SigningKeyError, match=why):
            opened(arn)
    gone = made_key(kms, "ECC_NIST_P256")
    signer = opened(gone)
    kms.schedule_key_deletion(KeyId=key_id(gone), PendingWindowInDays=7)
    with pytest.raises(SigningKeyError, match="cannot be used now"):
        signer.sign(b"x")


def test_without_credentials_or_an_answer_it_says_so(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = made_key(kms, "ECC_NIST_P256")
    monkeypatch.setattr(aws_signer, "_CLIENTS", {})
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        with pytest.raises(SigningKeyError, match=r"AWS KMS does not answer \(EndpointConnectionError\)"):
            opened(arn)
    monkeypatch.setattr(aws_signer, "_CLIENTS", {})
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(SigningKeyError, match="no credentials for AWS KMS"):
        opened(arn)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("AccessDeniedException", "allow it kms:GetPublicKey and kms:Sign"),
        ("UnrecognizedClientException", "does not take the credentials of this machine"),
        ("ThrottlingException", "too many requests"),
        ("SomethingNewException", r"refuses to use the key arn:\S+ \(SomethingNewException\)"),
    ],
)
def test_each_refusal_of_kms_says_what_to_do(
    kms: Any, code: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto asks for no rights unless IAM is set up in it: the codes are those of the API reference."""
    from botocore.exceptions import ClientError

    class Refusing:
        def get_public_key(self, **_asked: object) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetPublicKey")

    arn = made_key(kms, "ECC_NIST_P256")
    monkeypatch.setattr(aws_signer, "_client", lambda _region: Refusing())
    with pytest.raises(SigningKeyError, match=why):
        opened(arn)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("boto3", "botocore", "botocore.exceptions"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SigningKeyError, match=r"pip install 'credserv\[aws\]'"):
        opened(f"arn:aws:kms:{REGION}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")


def settings_of(folder: Path) -> Settings:
    return make_settings(
        f"sqlite:///{folder / 'credserv.sqlite'}", folder, public_url="https://badges.example.org"
    )


def test_attack_79_badges_are_signed_in_kms_and_not_while_the_key_is_disabled(
    kms: Any, tmp_path: Path
) -> None:
    clock, settings = Clock(), settings_of(tmp_path)
    store, _ = prepare(settings, now=clock.now)
    before = store.organisation.get()
    arns = {kind: made_key(kms, spec) for kind, spec in SPECS.items()}
    kms.disable_key(KeyId=key_id(arns[KeyType.P256]))
    with pytest.raises(SigningKeyError, match="is disabled in AWS KMS"):
        create_key(settings, store, now=clock.now, replaces=True, place=InKms(arns[KeyType.P256]))
    assert store.organisation.get() == before
    kms.enable_key(KeyId=key_id(arns[KeyType.P256]))
    made = [
        create_key(settings, store, now=clock.advance(seconds=1), replaces=True, place=InKms(arn))
        for arn in arns.values()
    ]
    assert [key.signer_uri for key in made] == [f"awskms:{arn}" for arn in arns.values()]
    store.close()
    services = build_services(settings, fetcher=NoNetwork(), clock=clock)
    load_starters(services, settings.schemas_dir, clock.now)
    secret = create_secret()
    services.store.sources.create(SourceRecord(SOURCE, "generic", (secret,), MAPPING, clock.now))
    service = Service(settings, services, create_app(settings, services, clock=clock), clock, secret)
    first = verified(service, service.issue())
    assert first["proof"]["verificationMethod"] == made[-1].verification_method
    assert first["proof"]["cryptosuite"] == "ecdsa-rdfc-2019"

    kms.disable_key(KeyId=key_id(arns[KeyType.P256]))
    assert services.store.credentials.count_by_state()[CredentialState.ACTIVE] == 1
    refused = service.send_event(email="second@example.org", event_id="evt_kept")
    assert refused.status_code == 503
    assert services.store.credentials.count_by_state()[CredentialState.ACTIVE] == 1
    assert service.client().get("/readyz").json["parts"]["signing-key"]["ok"] is False
    (finding,) = signing_keys(Ward(environ_of(settings), clock.now))
    assert (finding.ok, finding.mend) == (False, "credserv keys list")
    assert f"the key {arns[KeyType.P256]} is disabled in AWS KMS" in finding.said

    kms.enable_key(KeyId=key_id(arns[KeyType.P256]))
    sent_again = service.send_event(email="second@example.org", event_id="evt_kept")
    assert sent_again.json["state"] == "issued"
    verified(service, sent_again.json["credential"].rpartition("/")[2])
    assert services.store.credentials.count_by_state()[CredentialState.ACTIVE] == 2
    services.close()


def test_a_key_in_kms_takes_over_by_one_command(kms: Any, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    store, _ = prepare(settings, now=Clock().now)
    store.close()
    arn = made_key(kms, SPECS[KeyType.ED25519])
    run = CliRunner(env=environ_of(settings))
    told = run.invoke(cli, ["keys", "import", arn, "--replace", "--now"])
    assert told.exit_code == 0, told.output
    listed = run.invoke(cli, ["keys", "list"]).output.splitlines()
    assert [line.split()[0] for line in listed if f"awskms:{arn}" in line] == ["active"]
    assert [line.split()[0] for line in listed if "file:" in line] == ["retired"]
    told = run.invoke(cli, ["keys", "import", arn, "--replace", "--pending"])
    assert (told.exit_code, "give one of them" in told.output) == (2, True)


def verified(service: Service, credential_id: str) -> dict[str, Any]:
    document = service.client().get(f"/credentials/{credential_id}.json").json
    told = service.client().post("/api/v1/verify", json={"credential": document}).json
    assert told["verified"] is True
    return document
