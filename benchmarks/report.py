"""The tables that are printed, and the figures that are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.claims import IN_WALLET, ClaimCost
from benchmarks.contest import DIGITALBAZAAR, FLOOR, JOSE, OURS, OXIGRAPH, Contest
from benchmarks.growth import Growth, Point
from benchmarks.load import Rate
from benchmarks.orders import Orders
from benchmarks.rules import RulePoint
from benchmarks.service import BATCH, HttpRates

_COLUMNS = {
    "sign": "rdfc sign",
    "verify": "rdfc verify",
    "sign_jcs": "jcs sign",
    "verify_jcs": "jcs verify",
    "sign_jwt": "jwt sign",
    "verify_jwt": "jwt verify",
}
_NOTES = """\
rdfc: eddsa-rdfc-2022. jcs: eddsa-jcs-2022. jwt: JWS with EdDSA around the credential.
Each credential is another one, of one issuer and one achievement; only *all of it new* changes those too.
  credserv            signs, and verifies the proof alone, of a parsed document: what the peers do
    every check       verifies from the text: strict parsing, form, schema, proof, status list, dates
    all of it new     the same two, of credentials whose issuer and achievement were not seen before
    from a template   fresh values to the bytes to store; peers have no such thing
    signature checked the same, and the signature made again by another library, as batches do
  floor               SHA-256 of the canonical form, OpenSSL's signature, and JSON written or read by Python
  @digitalbazaar/vc, @digitalcredentials/vc   proof alone, status not looked up; contexts in memory
  openvc-core, openbadgeslib: jwt in forms of their own. openedx-didkit: rdfc is Ed25519Signature2020 over
  the older contexts, without the members that those do not define."""


@dataclass(frozen=True)
class Target:
    """key: of the figure. worst: whether the figure must be at least, or at most, that."""

    key: str
    bound: float
    words: str
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        return value <= self.bound if self.at_most else value >= self.bound


TARGETS = (
    Target("sign_ratio", 20, "sign eddsa-rdfc-2022, against @digitalbazaar/vc"),
    Target("verify_ratio", 15, "verify with every check, against its proof alone"),
    Target("template_ratio", 50, "issue from a template, against its signing"),
    Target("oxigraph_ratio", 10, "sign, against pyoxigraph parse + RDFC-1.0 + sign"),
    Target("template_floor_ratio", 2, "template over its floor", at_most=True),
    Target("verify_floor_ratio", 2.5, "verify with every check over its floor", at_most=True),
    Target("jcs_sign_ratio", 3, "eddsa-jcs-2022 sign, against @digitalbazaar/vc"),
    Target("jcs_verify_ratio", 2, "eddsa-jcs-2022 verify, against the same"),
    Target("jwt_ratio", 1.3, "JWS, the lesser of sign and verify, against jose"),
    Target("order_per_cpu_second", 450, "orders by HTTP, each alone, a CPU second of web and worker"),
    Target("event_per_cpu_second", 350, "events of an LMS, the same"),
    Target("batch_per_cpu_second", 2_000, "credentials in requests of a hundred, the same"),
    Target("batch_cpu_ratio", 25, "the same, against a signing service in node"),
    Target("verify_own_per_cpu_second", 600, "verifications of our own by HTTP, the same"),
    Target("verify_foreign_per_cpu_second", 450, "verifications of others' by HTTP, all at hand, the same"),
    Target("claim_orders", 3, "a claim by OpenID4VCI, its dearest form, in orders", at_most=True),
    Target("wallet_ms", 300, "a wallet of 2,000 badges opens, CPU milliseconds", at_most=True),
    Target("two_processes_ratio", 0.9, "orders a CPU second, two web processes against one, PostgreSQL"),
)


def figures(
    contest: Contest, http: HttpRates | None, growth: Growth | None, claims: ClaimCost | None = None
) -> dict[str, object]:
    """As `--json` writes them: ratios, then everything that they come from."""
    found: dict[str, object] = {key: round(value, 3) for key, value in ratios(contest).items()}
    if http:
        found |= {key: round(value, 3) for key, value in _http_figures(http).items()}
    found |= {key: round(value, 3) for key, value in _claim_figures(claims).items()}
    found["milliseconds"] = _nested(contest.milliseconds)
    found["megabytes"] = {name: round(value, 1) for name, value in contest.megabytes.items()}
    if growth:
        found["growth"] = {name: [vars(point) for point in points] for name, points in vars(growth).items()}
    return found


def ratios(contest: Contest) -> dict[str, float]:
    peer, ours = DIGITALBAZAAR, OURS
    jwt = [contest.ratio((JOSE, name), (ours, name)) for name in ("sign_jwt", "verify_jwt")]
    return {
        "sign_ratio": contest.ratio((peer, "sign"), (ours, "sign")),
        "verify_ratio": contest.ratio((peer, "verify"), (ours, "verify")),
        "verify_proof_ratio": contest.ratio((peer, "verify"), (ours, "verify_proof")),
        "template_ratio": contest.ratio((peer, "sign"), (ours, "template_issue")),
        "oxigraph_ratio": contest.ratio((OXIGRAPH, "sign"), (ours, "sign")),
        "template_floor_ratio": contest.ratio((ours, "template_issue"), (FLOOR, "sign")),
        "verify_floor_ratio": contest.ratio((ours, "verify"), (FLOOR, "verify")),
        "jcs_sign_ratio": contest.ratio((peer, "sign_jcs"), (ours, "sign_jcs")),
        "jcs_verify_ratio": contest.ratio((peer, "verify_jcs"), (ours, "verify_proof_jcs")),
        "jwt_sign_ratio": jwt[0],
        "jwt_verify_ratio": jwt[1],
        "jwt_ratio": min(jwt),
    }


def _claim_figures(claims: ClaimCost | None) -> dict[str, float]:
    if claims is None:
        return {}
    return {"claim_orders": max(claims.claims.values()) / claims.order, "wallet_ms": claims.wallet}


def _http_figures(http: HttpRates) -> dict[str, float]:
    found = {"batch_ratio": http.batch.per_second / http.peer.per_second}
    found |= {"p99_ms": http.visits.alone_ms, "p99_beside_silent_hosts_ms": http.visits.beside_silent_ms}
    for name, rate in http.rates.items():
        found[f"{name}_per_second"] = rate.per_second
        found[f"{name}_per_cpu_second"] = rate.per_cpu_second
    named = {"order": http.issue, "verify_own": http.verify, "verify_foreign": http.visits.cached}
    found |= {f"{name}_per_cpu_second": rate.per_cpu_second for name, rate in named.items()}
    found["batch_cpu_ratio"] = http.batch.per_cpu_second / http.peer.per_cpu_second
    return found | (_order_figures(http.orders) if http.orders else {})


def _order_figures(orders: Orders) -> dict[str, float]:
    found = {
        f"order_p99_{database}_{clients}_clients_ms": value
        for (database, clients), value in orders.p99_ms.items()
    }
    return found | {
        "orders_one_process_per_cpu_second": orders.one_process.per_cpu_second,
        "orders_two_processes_per_cpu_second": orders.two_processes.per_cpu_second,
        "two_processes_ratio": orders.two_processes.per_cpu_second / orders.one_process.per_cpu_second,
    }


def _nested(milliseconds: Mapping[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    nested: dict[str, dict[str, float]] = {}
    for (name, operation), value in milliseconds.items():
        nested.setdefault(name, {})[operation] = round(value, 4)
    return nested


# --- what is printed --------------------------------------------------------------------------------


def render(
    contest: Contest, http: HttpRates | None, growth: Growth | None, claims: ClaimCost | None = None
) -> str:
    parts = [_stacks(contest), _NOTES, "Exchanged\n" + "\n".join(f"  {line}" for line in contest.accepted)]
    if http:
        parts.append(_http(http))
    if growth:
        parts.append(_growth(growth))
    if claims:
        parts.append(_claims(claims))
    parts.append(_targets(ratios(contest) | (_http_figures(http) if http else {}) | _claim_figures(claims)))
    return "\n\n".join(parts)


def _claims(claims: ClaimCost) -> str:
    rows = [["wallets, CPU ms, median", "ms", "orders"], ["an order", f"{claims.order:.2f}", ""]]
    for form, spent in claims.claims.items():
        rows.append([f"a claim as {form.value}", f"{spent:.2f}", f"{spent / claims.order:.1f}"])
    rows.append([f"a wallet of {IN_WALLET:,} opens", f"{claims.wallet:.2f}", ""])
    return _table(rows)


def _stacks(contest: Contest) -> str:
    rows = [["CPU ms for one, median", *_COLUMNS.values(), "MB"]]
    for name, operations in _nested(contest.milliseconds).items():
        ours = {
            "verify": operations.get("verify_proof", operations.get("verify")),
            "verify_jcs": operations.get("verify_proof_jcs", operations.get("verify_jcs")),
        }
        memory = contest.megabytes.get(name)
        rows.append([name, *_cells(operations | ours), f"{memory:.0f}" if memory else ""])
        if name == OURS:
            rows.append(["  every check", *_cells({"verify": operations["verify"]}), ""])
            strange = {"sign": operations["sign_strange"], "verify": operations["verify_strange"]}
            rows.append(["  all of it new", *_cells(strange), ""])
            rows.append(["  from a template", *_cells({"sign": operations["template_issue"]}), ""])
            rows.append(["  signature checked", *_cells({"sign": operations["template_checked"]}), ""])
    return _table(rows)


def _cells(operations: Mapping[str, float | None]) -> Iterator[str]:
    for name in _COLUMNS:
        value = operations.get(name)
        yield "" if value is None else f"{value:.3f}"


def _http(http: HttpRates) -> str:
    rows = [["HTTP, the service on one core", "a second", "a CPU second"]]
    named: dict[str, Rate] = {
        "credentials issued and stored, one a request": http.issue,
        "credentials issued and stored, for an LMS's events": http.event,
        f"credentials issued and stored, {BATCH} a request": http.batch,
        "credentials verified, our own, every check": http.verify,
        "the same of others, DID document and status list at hand": http.visits.cached,
        "the same of others, both fetched for each": http.visits.uncached,
        "@digitalbazaar/vc behind node's HTTP server, signed only": http.peer,
    }
    rows += [[name, *_rate_cells(rate)] for name, rate in named.items()]
    waits = [
        ["99 of 100 verifications of others' within", "ms"],
        ["by themselves", f"{http.visits.alone_ms:.0f}"],
        ["while 1 request in 10 names a host that never answers", f"{http.visits.beside_silent_ms:.0f}"],
    ]
    parts = [_table(rows), _table(waits), *([_orders(http.orders)] if http.orders else [])]
    return "\n\n".join(parts)


def _orders(orders: Orders) -> str:
    databases = sorted({database for database, _ in orders.p99_ms})
    rows = [["99 of 100 single orders within, ms", *databases]]
    for clients in sorted({clients for _, clients in orders.p99_ms}):
        cells = [f"{orders.p99_ms[database, clients]:.0f}" for database in databases]
        rows.append([f"{clients} clients", *cells])
    rates = [
        ["single orders on PostgreSQL", "a second", "a CPU second"],
        ["one web process", *_rate_cells(orders.one_process)],
        ["two web processes", *_rate_cells(orders.two_processes)],
    ]
    return f"{_table(rows)}\n\n{_table(rates)}"


def _rate_cells(rate: Rate) -> tuple[str, str]:
    return f"{rate.per_second:.0f}", f"{rate.per_cpu_second:.0f}"


def _growth(growth: Growth) -> str:
    documents = [["quads in the document", "sign ms", "µs a quad", DIGITALBAZAAR]]
    for point in growth.documents:
        peer = "" if point.peer is None else f"{point.peer:.1f}"
        each = point.milliseconds / point.size * 1e3
        documents.append([str(point.size), f"{point.milliseconds:.3f}", f"{each:.2f}", peer])
    contexts = [["pinned contexts", "sign ms", "load and first sign, ms"]]
    for sign, start in zip(growth.contexts, growth.start, strict=True):
        contexts.append([str(sign.size), f"{sign.milliseconds:.3f}", f"{start.milliseconds:.0f}"])
    templates = [["achievements compiled (256 are kept)", "issue ms", "MB of the process"]]
    templates += [_template_row(point) for point in growth.templates]
    rules = [["achievements with a rule", "observations of the person", "one observation ms", "read all ms"]]
    rules += [_rule_row(point) for point in growth.rules]
    return "\n\n".join(_table(rows) for rows in (documents, contexts, templates, rules))


def _template_row(point: Point) -> list[str]:
    return [str(point.size), f"{point.milliseconds:.3f}", f"{point.megabytes or 0:.0f}"]


def _rule_row(point: RulePoint) -> list[str]:
    return [
        str(point.achievements),
        str(point.observations),
        f"{point.judging:.2f}",
        f"{point.reading:.1f}",
    ]


def _targets(found: Mapping[str, float]) -> str:
    rows = [["targets", "wanted", "found", ""]]
    for target in TARGETS:
        if target.key not in found:
            continue
        sign = "≤" if target.at_most else "≥"
        value = found[target.key]
        verdict = "met" if target.is_met(value) else "MISSED"
        digits = 0 if target.bound >= 1_000 else 2
        rows.append([target.words, f"{sign} {target.bound:g}", f"{value:.{digits}f}", verdict])
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
