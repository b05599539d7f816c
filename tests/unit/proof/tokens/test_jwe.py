"""What is encrypted to a key is read with it, and nothing that was encrypted in another way."""

from __future__ import annotations

import json

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from credserv.ground.errors import InputError
from credserv.proof.tokens.jwe import ENCRYPTIONS, create_encryption_key, decrypt_object, encrypt_object

SAID = {"state": "s", "vp_token": {"badge": ["x"]}}


@pytest.mark.parametrize("encryption", ENCRYPTIONS)
def test_there_and_back_and_by_another_library(encryption: str) -> None:
    private, public = create_encryption_key()
    assert "d" not in public
    ours = encrypt_object(SAID, public, encryption=encryption)
    assert decrypt_object(ours, private) == SAID
    theirs = JWE()
    theirs.deserialize(ours, JWK(**json.loads(private)))
    assert json.loads(theirs.payload) == SAID
    made = JWE(json.dumps(SAID), json.dumps({"alg": "ECDH-ES", "enc": encryption, "apv": "bg", "apu": "bg"}))
    made.add_recipient(JWK(**public))
    assert decrypt_object(made.serialize(compact=True), private) == SAID


def test_attack_89_no_header_chooses_another_way() -> None:
    private, public = create_encryption_key()
    key, other = ECKey.import_key(public), ECKey.generate_key("P-256")
    every = jwe.JWERegistry(
        algorithms=["ECDH-ES", "ECDH-ES+A128KW", "A128GCM", "A128CBC-HS256", "dir", "RSA-OAEP", "DEF"]
    )

    def made(header: dict[str, str], to: object) -> str:
        return jwe.encrypt_compact(header, json.dumps(SAID).encode(), to, registry=every)  # type: ignore[arg-type]

    weaker = [
        made({"alg": "ECDH-ES+A128KW", "enc": "A128GCM"}, key),
        made({"alg": "ECDH-ES", "enc": "A128CBC-HS256"}, key),
        made({"alg": "ECDH-ES", "enc": "A128GCM", "zip": "DEF"}, key),
        made({"alg": "ECDH-ES", "enc": "A128GCM"}, other),
        made({"alg": "dir", "enc": "A128GCM"}, OctKey.generate_key(128)),
        made({"alg": "RSA-OAEP", "enc": "A128GCM"}, RSAKey.generate_key(2048)),
        "a.b.c.d.e",
        "",
        encrypt_object(SAID, public, encryption="A128GCM")[:-4] + "AAAA",
    ]
    for token in weaker:
        with pytest.raises(InputError):
            decrypt_object(token, private)


@pytest.mark.parametrize(
    "public",
    [
        {},
        {"kty": "oct", "k": "AAAA"},
        ECKey.generate_key("P-384").as_dict(private=False),
        create_encryption_key()[1] | {"d": "AA"},
        ECKey.generate_key("P-256").as_dict(private=True),
    ],
)
def test_nothing_is_encrypted_to_another_kind_of_key(public: dict[str, object]) -> None:
    with pytest.raises(InputError):
        encrypt_object(SAID, public, encryption="A256GCM")
