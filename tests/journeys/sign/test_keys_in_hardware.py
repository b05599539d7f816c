"""Signing keys in a token, SoftHSM 2: what it signs verifies, and without it nothing is signed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.app.doctor.keys import signing_keys
from credserv.app.doctor.ward import Ward
from credserv.app.factory import create_app
from credserv.app.installation import InToken, prepare
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.app.signing_keys import create_key
from credserv.ground.encoding import KeyType, decode_multikey
from credserv.ground.errors import SigningKeyError
from credserv.journeys.define.achievements import load_starters
from credserv.proof.keys import pkcs11_signer
from credserv.proof.keys.pkcs11_signer import (
    Hardware,
    create_token_key,
    list_token_keys,
    open_token_key,
    uri_of,
)
from credserv.proof.keys.public_key import verify_signature
from credserv.proof.keys.signer import Signer, open_signer, read_private_key
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret
from tests.testkit.processes import environ_of
from tests.testkit.service import MAPPING, SOURCE, Clock, NoNetwork, Service, make_settings
from tests.testkit.softhsm import IS_INSTALLED, MODULE, TOKENS, init_token

LABEL, PIN = "credserv-test", "4711-0815"
KINDS = [KeyType.ED25519, KeyType.P256]

pytestmark = pytest.mark.skipif(not IS_INSTALLED, reason="SoftHSM 2 is not installed")


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which the token lies: without it there is no token."""
    folder = tmp_path_factory.mktemp("hsm")
    conf = init_token(folder, LABEL, PIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        yield folder / TOKENS


@pytest.fixture(scope="module")
def hardware(tokens: Path) -> Hardware:
    return Hardware(MODULE, LABEL, PIN)


def verifies(signer: Signer, data: bytes, signature: bytes) -> None:
    key_type, public_key = decode_multikey(signer.public_key_multibase)
    verify_signature(key_type, public_key, signature, data)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_token_signs_verifies(hardware: Hardware, kind: KeyType) -> None:
    made = create_token_key(hardware, f"key {kind.name}", kind)
    found = open_signer(
        uri_of(hardware, f"key {kind.name}"), keys_dir=Path(), passphrase=b"", hardware=hardware
    )
    assert (found.key_type, found.public_key_multibase) == (kind, made.public_key_multibase)
    for data in (b"", b"x", b"y" * 10_000):
        verifies(found, data, found.sign(data))
    with ThreadPoolExecutor(8) as pool:  # one session, and threads that take turns
        for number, signature in enumerate(pool.map(lambda n: found.sign(b"%d" % n), range(40))):
            verifies(found, b"%d" % number, signature)


def test_attack_78_a_key_in_a_token_is_not_given_away_or_overwritten(hardware: Hardware) -> None:
    uri = uri_of(hardware, "kept")
    create_token_key(hardware, "kept", KeyType.P256)
    with pytest.raises(SigningKeyError, match="has a key kept already"):
        create_token_key(hardware, "kept", KeyType.ED25519)
    with pytest.raises(SigningKeyError, match="does not give it away"):
        read_private_key(uri, keys_dir=Path(), passphrase=b"x")
    with pytest.raises(TypeError):
        open_token_key(uri, hardware).__reduce__()
    assert PIN not in repr(hardware)
    import pkcs11

    wanted = {"object_class": pkcs11.ObjectClass.PRIVATE_KEY, "label": "kept"}
    key = pkcs11_signer._token(hardware).ask(lambda session: session.get_key(**wanted))
    assert (key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE]) == (True, False)


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("pkcs11:token=another;object=kept", "is in the token another"),
        ("pkcs11:object=kept", "not a key in a token"),
        ("pkcs11:token=credserv-test;object=none", "does not have this key"),
    ],
)
def test_what_a_token_does_not_have(hardware: Hardware, uri: str, why: str) -> None:
    with pytest.raises(SigningKeyError, match=why):
        open_token_key(uri, hardware)


def test_other_kinds_and_odd_labels_are_refused(hardware: Hardware) -> None:
    with pytest.raises(SigningKeyError, match="Ed25519 or P-256"):
        create_token_key(hardware, "p384", KeyType.P384)
    with pytest.raises(SigningKeyError, match="a label is"):
        create_token_key(hardware, "../key;x", KeyType.P256)


def test_keys_of_all_kinds_are_listed_and_others_do_not_sign_here(hardware: Hardware) -> None:
    import pkcs11

    made: dict[str, Any] = {"key_type": pkcs11.KeyType.RSA, "key_length": 1024, "store": True, "label": "rsa"}
    create_token_key(hardware, "listed", KeyType.P256)
    pkcs11_signer._token(hardware).ask(lambda session: session.generate_keypair(**made))
    listed = dict(list_token_keys(hardware))
    assert (listed["listed"], listed["rsa"]) == (KeyType.P256, None)
    with pytest.raises(SigningKeyError, match="neither Ed25519 nor P-256"):
        open_token_key(uri_of(hardware, "rsa"), hardware)


def test_a_pin_that_was_refused_is_not_tried_again(hardware: Hardware, tokens: Path) -> None:
    """Tokens lock themselves after some: so one try for each process."""
    code = (
        "from pathlib import Path\n"
        "from credserv.proof.keys.pkcs11_signer import Hardware, list_token_keys\n"
        "from credserv.ground.errors import SigningKeyError\n"
        f"hardware = Hardware(Path({str(MODULE)!r}), {LABEL!r}, 'wrong')\n"
        "for _ in range(5):\n"
        "    try: list_token_keys(hardware)\n"
        "    except SigningKeyError as error: print(error.detail)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [f"the token {LABEL} does not take the PIN of CREDSERV_PKCS11_PIN"] * 5


def settings_of(folder: Path) -> Settings:
    return make_settings(
        f"sqlite:///{folder / 'credserv.sqlite'}",
        folder,
        public_url="https://badges.example.org",
        pkcs11_module=MODULE,
        pkcs11_token=LABEL,
        pkcs11_pin=PIN,
    )


def test_attack_79_badges_are_signed_in_hardware_and_not_while_it_is_away(
    tokens: Path, tmp_path: Path
) -> None:
    clock, settings = Clock(), settings_of(tmp_path)
    store, _ = prepare(settings, now=clock.now)
    made = [
        create_key(
            settings,
            store,
            now=clock.advance(seconds=1),
            key_type=kind,
            replaces=True,
            place=InToken(f"issuer {kind.name}"),
        )
        for kind in KINDS
    ]
    with pytest.raises(SigningKeyError, match="already"):
        create_key(settings, store, now=clock.now, place=InToken(f"issuer {KINDS[0].name}"))
    create_token_key(Hardware(MODULE, LABEL, PIN), "ceremony", KeyType.ED25519)
    taken = create_key(
        settings, store, now=clock.now, lead=timedelta(hours=1), place=InToken("ceremony", is_there=True)
    )
    assert taken.signer_uri == f"pkcs11:token={LABEL};object=ceremony"
    store.close()
    services = build_services(settings, fetcher=NoNetwork(), clock=clock)
    load_starters(services, settings.schemas_dir, clock.now)
    secret = create_secret()
    services.store.sources.create(SourceRecord(SOURCE, "generic", (secret,), MAPPING, clock.now))
    service = Service(settings, services, create_app(settings, services, clock=clock), clock, secret)
    first = signed(service)
    assert first["proof"]["verificationMethod"] == made[-1].verification_method
    assert first["proof"]["cryptosuite"] == "ecdsa-rdfc-2019"

    away = tokens.rename(tokens.with_name("elsewhere"))
    tokens.mkdir()
    try:
        assert service.send_event(email="second@example.org").status_code == 503
        ready = service.client().get("/readyz").json
        assert ready["parts"]["signing-key"]["ok"] is False
        assert ready["parts"]["keys-folder"]["ok"] is True
        (finding,) = signing_keys(Ward(environ_of(settings), clock.now))
        assert (finding.ok, finding.mend) == (False, "credserv keys token")
        assert f"the token {LABEL} is not there" in finding.said
    finally:
        tokens.rmdir()
        away.rename(tokens)
    again = signed(service, email="third@example.org")
    assert service.client().post("/api/v1/verify", json={"credential": again}).json["verified"] is True
    services.close()


def signed(service: Service, **made: str) -> dict[str, Any]:
    credential_id = service.issue(**made)
    document = service.client().get(f"/credentials/{credential_id}.json").json
    told = service.client().post("/api/v1/verify", json={"credential": document}).json
    assert told["verified"] is True
    return document
