"""The securing mechanisms that are verified, by identifier, and which of them fits a key of ours."""

from __future__ import annotations

from credserv.ground.encoding import KeyType
from credserv.ground.errors import SigningKeyError
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.ecdsa_jcs_2019 import EcdsaJcs2019
from credserv.proof.data_integrity.ecdsa_rdfc_2019 import EcdsaRdfc2019
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023
from credserv.proof.data_integrity.ed25519_signature_2018 import Ed25519Signature2018
from credserv.proof.data_integrity.ed25519_signature_2020 import Ed25519Signature2020
from credserv.proof.data_integrity.eddsa_jcs_2022 import EddsaJcs2022
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.former_names import Ecdsa2019, Eddsa2022
from credserv.proof.data_integrity.json_web_signature_2020 import JsonWebSignature2020
from credserv.proof.rdf.canonize import Canonizer

_ISSUING = {
    KeyType.ED25519: EddsaRdfc2022.identifier,
    KeyType.P256: EcdsaRdfc2019.identifier,
    KeyType.P384: EcdsaRdfc2019.identifier,
}


def build_suites(canonizer: Canonizer) -> dict[str, CryptoSuite]:
    """Return every suite by its `cryptosuite`, or by its `type` where proofs have none."""
    known: tuple[CryptoSuite, ...] = (
        EddsaRdfc2022(canonizer),
        EddsaJcs2022(canonizer.contexts, inline=canonizer.reads_inline),
        EcdsaRdfc2019(canonizer),
        EcdsaJcs2019(canonizer.contexts, inline=canonizer.reads_inline),
        EcdsaSd2023(canonizer),
        Eddsa2022(canonizer),
        Ecdsa2019(canonizer),
        Ed25519Signature2020(canonizer),
        Ed25519Signature2018(canonizer),
        JsonWebSignature2020(canonizer),
    )
    return {suite.identifier: suite for suite in known}


def issuing_suite(key_type: KeyType) -> str:
    """Return the suite to sign with by default: the one that Open Badges verifiers read.

    Raises SigningKeyError for a kind of key that no suite signs with.
    """
    try:
        return _ISSUING[key_type]
    except KeyError:
        raise SigningKeyError(f"no cryptosuite signs with {key_type.name} keys") from None
