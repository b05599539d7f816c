"""Cryptosuites under the names they had in drafts, as issuers used them in 2022. Verify only."""

from __future__ import annotations

from typing import ClassVar

from credserv.proof.data_integrity.ecdsa_rdfc_2019 import EcdsaRdfc2019
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022


class Eddsa2022(EddsaRdfc2022):
    identifier: ClassVar[str] = "eddsa-2022"
    signs: ClassVar[bool] = False


class Ecdsa2019(EcdsaRdfc2019):
    identifier: ClassVar[str] = "ecdsa-2019"
    signs: ClassVar[bool] = False
