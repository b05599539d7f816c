"""A signer that measures its time: a key in hardware or far away may become slow."""

from __future__ import annotations

import time

from credserv.ground.encoding import KeyType
from credserv.ground.meters import measure
from credserv.ground.spans import span
from credserv.proof.keys.signer import Signer


class MeasuredSigner:
    """A signer around another one."""

    __slots__ = ("_signer",)

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    @property
    def key_type(self) -> KeyType:
        return self._signer.key_type

    @property
    def public_key_multibase(self) -> str:
        return self._signer.public_key_multibase

    def sign(self, data: bytes) -> bytes:
        """Sign. Raises SigningKeyError."""
        begun = time.perf_counter()
        with span("sign", **{"credserv.key_type": self.key_type.name.lower()}):
            signature = self._signer.sign(data)
        measure("signing", time.perf_counter() - begun, self.key_type.name.lower())
        return signature

    def sign_again(self, data: bytes) -> bytes | None:
        return self._signer.sign_again(data)

    def __repr__(self) -> str:
        return f"<MeasuredSigner {self._signer!r}>"
