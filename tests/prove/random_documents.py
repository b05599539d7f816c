"""Random documents over the carried contexts: ours, PyLD and pyoxigraph agree about each."""

from __future__ import annotations

import random

from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.quads import to_dataset
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.terms import OutsideSubsetError
from tests.prove.ledger import Ledger
from tests.testkit.documents import DocumentMaker
from tests.testkit.oracles import SCHEMAS, oxigraph_canonical, pyld_canonical


def prove_random(ledger: Ledger, *, documents: int, seed: int) -> None:
    """Each document is defined by its own seed, which a fault names."""
    ledger.count("seed", seed)
    contexts = ScopedContexts(PinnedContexts.load(SCHEMAS))
    chance = random.Random(seed)
    for done in range(documents):
        ledger.progress(done, documents, "documents")
        _compare(contexts, chance.getrandbits(63), ledger)


def _compare(contexts: ScopedContexts, seed: int, ledger: Ledger) -> None:
    document = DocumentMaker(contexts, seed).document()
    try:
        ours = to_dataset(contexts, document).canonical()
    except OutsideSubsetError:  # left to the general way, which is PyLD itself
        ledger.count("outside what is compiled")
        return
    ledger.count("compared")
    for name, oracle in (("PyLD", pyld_canonical), ("pyoxigraph", oxigraph_canonical)):
        if ours != oracle(document):
            ledger.fault(f"document {seed} differs from {name}'s")
