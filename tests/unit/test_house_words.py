"""Rules of the house about names: one rule for each kind of name, and verbs that say what comes of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import credserv

PACKAGE = Path(credserv.__file__).parent


@cache
def sources() -> dict[str, str]:
    """Every module but the migrations, by its path in the package."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {
        str(path.relative_to(PACKAGE)): path.read_text() for path in paths if "versions" not in path.parts
    }


# --- one rule for a short name, an e-mail address, a DID and a web address --------------------------

SECOND_RULES = re.compile(
    r"""startswith\(\(?\s*"https?:(?://)?"      # a test of the scheme, by its text
    |\.scheme\b.*(?:==|!=|\bin\b).*"https?"     # or by its part
    |(?:re\.compile|Regexp)\(\s*[rbf]{0,2}".*(?:
        https\?://\[                            # a web address as a pattern,
        |did:\[                                 # a DID,
        |\[[^]]+\][+*{][^\[]{0,8}@\[            # an e-mail address,
        |\[a-z0-9\]\(?(?:\?:)?\[a-z0-9-\]       # a short name
    )""",
    re.VERBOSE,
)
NOT_OURS = {
    "journeys/authorize/redirects.py": "RFC 8252, 7.3: http to a port of the app's own machine",
    "openbadges/v2/scope.py": "Open Badges 2.0 takes http and https for one",
    "proof/rdf/own_terms.py": "an IRI of JSON-LD, which need not be fetched",
    "proof/rdf/template.py": "an absolute IRI of JSON-LD",
    "sources/xapi/data_types.py": "xAPI 1.0.3, 2.4.2.3: an mbox is a mailto IRI",
}


def second_rules(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if SECOND_RULES.search(line)]


def test_names_and_addresses_are_told_by_one_rule_each() -> None:
    """Two rules for one thing differ sooner or later: one door then takes what another refuses."""
    found = {
        path for path, text in sources().items() if not path.startswith("ground/") and second_rules(text)
    }
    assert found == set(NOT_OURS), "ask credserv/ground/names.py and addresses.py, or say why not"


@pytest.mark.parametrize(
    "line",
    [
        'if issuer.startswith(("https://", "http://")):',
        'if urlsplit(url).scheme not in ("https", "http"):',
        '_LINK = re.compile(rb"https?://[!-~]{1,2040}", re.ASCII)',
        '_DID = re.compile(r"did:[a-z0-9]+:\\\\S+")',
        '_ADDRESS = re.compile(r"[^\\\\s@]+@[^\\\\s@]+")',
        '_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])", re.ASCII)',
        '_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")',
    ],
)
def test_a_second_rule_is_seen(line: str) -> None:
    assert second_rules(line) == [line]


# --- verbs ------------------------------------------------------------------------------------------

_RESULTS = re.compile(r"Check|Fault|Verified")


def _functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path, text in sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                yield f"{path}: {node.name}", node


def test_a_verb_says_what_comes_of_it() -> None:
    """`check_` gives checks or faults, `judge_` gives what it finds, `require_` raises (CONTRIBUTING.md)."""
    wrong: list[str] = []
    for where, function in _functions():
        verb = function.name.lstrip("_").partition("_")[0]
        if verb not in ("check", "judge", "require"):
            continue
        gives = ast.unparse(function.returns) if function.returns else ""
        collects = any(one.arg == "faults" for one in function.args.args)
        if verb == "check" and function.name != "check" and not (_RESULTS.search(gives) or collects):
            wrong.append(f"{where} gives {gives}")
        if verb == "judge" and gives == "None":
            wrong.append(f"{where} gives nothing")
        if verb == "require" and _RESULTS.search(gives) and not gives.endswith("Checked"):
            wrong.append(f"{where} gives {gives}")
    assert not wrong
