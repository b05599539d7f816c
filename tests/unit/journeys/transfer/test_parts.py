"""Taking apart what was handed in: each credential byte for byte, and nothing else."""

from __future__ import annotations

import json

import pytest

from credserv.carriers.zip_file import write_zip
from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import ArchiveError
from credserv.journeys.transfer.parts import take_apart

ONE = b'{"type": ["VerifiableCredential"], "credentialSubject": {"n":1.0}}'
TWO = b'{"credentialSubject":{},"type":"VerifiableCredential"}'
TOKEN = b"eyJhbGciOiJFZERTQSJ9.e30.AAAA"


def test_what_is_one_credential_stays_as_it_is() -> None:
    for data in (ONE, b" \n" + ONE, TOKEN, b"%PDF-1.7", b"\x89PNG", b"", b"[[[[", b"[", b"{"):
        assert [part.data for part in take_apart(data)] == [data]


def test_a_list_and_lines_are_taken_apart() -> None:
    assert [part.data for part in take_apart(b"[" + ONE + b', "' + TOKEN + b'"]')] == [ONE, TOKEN]
    lines = take_apart(TOKEN + b"\nhttps://badges.example/1\n", "mine.txt")
    assert [(part.name, part.data) for part in lines] == [
        ("mine.txt (1)", TOKEN),
        ("mine.txt (2)", b"https://badges.example/1"),
    ]


def test_of_a_presentation_what_it_holds() -> None:
    for held in (b"[" + ONE + b"," + TWO + b"]", ONE):
        whole = b'{"type":["VerifiablePresentation"],"verifiableCredential":' + held + b"}"
        assert take_apart(whole)[0].data == ONE


def test_of_a_record_itself_and_what_it_holds() -> None:
    record = b'{"type":["VerifiableCredential","ClrCredential"],"credentialSubject":'
    record += b'{"verifiableCredential":[' + ONE + b',"' + TOKEN + b'"]}}'
    assert [part.data for part in take_apart(record)] == [record, ONE, TOKEN]
    token = b"e30." + encode_base64url(record).encode() + b".AAAA"
    assert [part.data for part in take_apart(token)] == [token, ONE, TOKEN]


def test_of_a_backup_of_a_wallet_the_credentials_and_no_key() -> None:
    """As Learner Credential Wallet 2.2 exports it."""
    key = {"type": "Ed25519VerificationKey2020", "privateKeyMultibase": "zrv..."}
    profile = {"type": "UniversalWallet2020", "status": "UNLOCKED", "contents": [json.loads(TWO), key]}
    backup = json.dumps([profile]).encode()
    assert [json.loads(part.data) for part in take_apart(backup)] == [json.loads(TWO)]
    with pytest.raises(ArchiveError, match="locked"):
        take_apart(backup.replace(b"UNLOCKED", b"LOCKED"))


def test_of_an_archive_of_ours_the_credentials_of_another_every_file() -> None:
    files = {"credentials/1.json": ONE, "status/1.json": TWO}
    assert [part.data for part in take_apart(write_zip(files))] == [ONE, TWO]
    ours = {**files, "manifest.json": b'{"type": "credserv-archive"}'}
    assert [part.data for part in take_apart(write_zip(ours))] == [ONE]
    with pytest.raises(ArchiveError, match="empty"):
        take_apart(write_zip({}))
