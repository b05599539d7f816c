"""credserv, asked for more and more: larger documents, more pinned contexts, more achievements."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.stacks.line import serve
from credserv.app.schemas import default_schemas_dir
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.proofs import add_proof
from credserv.proof.keys.signer import Ed25519Signer
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts

_RUNS = 15


class Growing:
    def hold(self, command: dict[str, Any]) -> None:
        self.now = datetime.fromisoformat(command["now"])
        self.method = command["method"]
        self.signer = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(command["seed"])))
        self.canonizer = Canonizer(PinnedContexts.load(default_schemas_dir()))

    def start(self, command: dict[str, Any]) -> float:
        """Milliseconds from nothing to the first credential signed, with `extra` contexts more."""
        with tempfile.TemporaryDirectory(prefix="credserv-bench-") as folder:
            schemas = _schemas_with(Path(folder), command["extra"])
            before = time.process_time()
            canonizer = Canonizer(PinnedContexts.load(schemas))
            self._sign(canonizer, command["document"])
            return (time.process_time() - before) * 1e3

    def sign(self, command: dict[str, Any]) -> dict[str, float]:
        """CPU milliseconds to sign, at best, and the quads of the document."""
        document = command["document"]
        quads = self.canonizer.canonize(document).count("\n")
        return {"quads": quads, "milliseconds": self._best(self.canonizer, document)}

    def sign_with(self, command: dict[str, Any]) -> float:
        """CPU milliseconds to sign the document among `extra` contexts more."""
        with tempfile.TemporaryDirectory(prefix="credserv-bench-") as folder:
            canonizer = Canonizer(PinnedContexts.load(_schemas_with(Path(folder), command["extra"])))
            return self._best(canonizer, command["document"])

    def _best(self, canonizer: Canonizer, document: dict[str, Any]) -> float:
        times = []
        for _ in range(_RUNS):
            before = time.process_time_ns()
            self._sign(canonizer, document)
            times.append((time.process_time_ns() - before) / 1e6)
        return min(times)

    def _sign(self, canonizer: Canonizer, document: dict[str, Any]) -> None:
        add_proof(
            document,
            suite=EddsaRdfc2022(canonizer),
            signer=self.signer,
            verification_method=self.method,
            created=self.now,
        )


def _schemas_with(folder: Path, extra: int) -> Path:
    """The pinned contexts, and as many made ones of thirty terms each, in a folder of their own."""
    source = default_schemas_dir()
    manifest = json.loads((source / "MANIFEST.json").read_text())
    contexts = [entry for entry in manifest if entry["path"].startswith("contexts/")]
    (folder / "contexts").mkdir()
    for entry in contexts:
        (folder / entry["path"]).write_bytes((source / entry["path"]).read_bytes())
    for number in range(extra):
        base = f"https://terms.example.org/{number}#"
        content = json.dumps({"@context": {f"term{n}": f"{base}{n}" for n in range(30)}}).encode()
        path = f"contexts/made-{number}.jsonld"
        (folder / path).write_bytes(content)
        made = {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "urls": [base.rstrip("#")]}
        contexts.append({**contexts[0], **made})
    (folder / "MANIFEST.json").write_text(json.dumps(contexts))
    return folder


if __name__ == "__main__":
    stack = Growing()
    serve({name: getattr(stack, name) for name in ("hold", "start", "sign", "sign_with")})
