"""Rules of the house about names: one rule for each kind of name, and verbs that say what comes of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import credserv
from credserv.ground import errors

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


# Each asks about addresses, secrets or what a machine wrote; or only whether there is more to look at.
PRINTABLE = (
    *("app/logs.py", "fetch/client_credentials.py", "frameworks/gathering.py", "ground/addresses.py"),
    *("ground/reading.py", "ground/tables.py", "journeys/connect/pulls.py", "proof/rdf/quads.py"),
    *("proof/rdf/template.py", "sources/csv_files.py", "sources/lti/services.py", "sources/members.py"),
    *("verifying/trust_marks.py", "web/public/pages.py"),
)


def test_found_b11_a_name_is_judged_by_whether_it_can_be_seen() -> None:
    """`isprintable` is false of joiners and of blanks that do not break, which names need."""
    assert {path for path, text in sources().items() if ".isprintable()" in text} == set(PRINTABLE), (
        "ask has_unseen of credserv/ground/names.py, or say why not"
    )


def test_found_b22_one_function_makes_the_secrets_of_addresses() -> None:
    assert {path for path, text in sources().items() if "token_urlsafe" in text} == {
        "ground/encoding.py",
        "app/remembered.py",  # the installation's own secret, which stands in a file
    }


# --- verbs ------------------------------------------------------------------------------------------

_RESULTS = re.compile(r"Check|Fault|Verified")
_STORED = {"Services", "Store", "Connection"}
_PROVES = re.compile(r"_*(?:verify|require)_")


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path, text in sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                yield f"{path}: {node.name}", node


def _asks_the_store(function: ast.FunctionDef) -> bool:
    arguments = function.args
    told = [one.annotation for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    reached = [node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    return any(one and ast.unparse(one) in _STORED for one in told) or "store" in reached


def _called(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def misnamed(function: ast.FunctionDef) -> str:
    """What the verb of a function promises and it does not do; "" where there is nothing."""
    verb, rest = function.name.lstrip("_").partition("_")[::2]
    gives = ast.unparse(function.returns) if function.returns else ""
    collects = any(one.arg == "faults" for one in function.args.args)
    gives_nothing, may_be_none = gives in ("", "None"), "None" in gives.split(" | ")
    broken = {
        "check": bool(rest) and not (_RESULTS.search(gives) or collects),
        "judge": gives_nothing,
        "require": bool(_RESULTS.search(gives)) and not gives.endswith("Checked"),
        "verify": gives == "bool",
        "parse": gives_nothing or may_be_none or gives == "bool" or _asks_the_store(function),
        "build": gives_nothing or may_be_none or gives == "bool" or _asks_the_store(function),
        "resolve": gives_nothing or gives == "bool",
        "peek": gives_nothing or any(map(_PROVES.match, _called(function))),
    }
    return f"gives {gives or 'nothing'}, or asks what it may not" if broken.get(verb) else ""


def test_a_verb_says_what_comes_of_it() -> None:
    """As CONTRIBUTING.md tells: `check_` gives checks or faults, `judge_` what it found; `require_` and
    `verify_` raise; `parse_` and `build_` give a value out of what they are handed, and of nothing else;
    `resolve_` gives what a name stands for; `peek_` proves nothing."""
    assert {where: why for where, function in functions() if (why := misnamed(function))} == {}


@pytest.mark.parametrize(
    "code",
    [
        "def check_it(x) -> bool: ...",
        "def judge_it(x) -> None: ...",
        "def require_it(x) -> Verified: ...",
        "def verify_it(x) -> bool: ...",
        "def parse_it(x: str) -> Thing | None: ...",
        "def build_it(services: Services) -> Thing: ...",
        "def build_it(app: App) -> Thing: return app.store.things.list()",
        "def resolve_it(x): ...",
        "def peek_it(x) -> Thing: return verify_thing(x)",
    ],
)
def test_a_verb_that_promises_something_else_is_seen(code: str) -> None:
    (function,) = ast.parse(code).body
    assert isinstance(function, ast.FunctionDef)
    assert misnamed(function)


# --- public doors -----------------------------------------------------------------------------------


def _public() -> Iterator[tuple[str, ast.FunctionDef]]:
    """What web and commands call of the journeys."""
    for path, text in sources().items():
        for node in ast.parse(text).body if path.startswith("journeys/") else ():
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{path}: {node.name}", node


def _raised(body: list[ast.stmt]) -> Iterator[str]:
    """Errors that leave a function, but for those of functions inside it and those that it may catch."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.Try):
            continue
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield ast.unparse(node.exc.func)
        for name in ("body", "orelse"):
            yield from _raised(getattr(node, name, []))


def _named(error: str, said: str) -> bool:
    """By itself or by a family of errors that it belongs to; or as another function raises."""
    kind = getattr(errors, error, None)
    families = [one.__name__ for one in kind.__mro__] if isinstance(kind, type) else [error]
    return any(name in said for name in families) or re.search(r"[Rr]aises as\b", said) is not None


def test_a_public_function_of_the_journeys_says_what_it_takes_and_raises() -> None:
    silent = []
    for where, function in _public():
        said, taken = ast.get_docstring(function) or "", function.args
        if not said and len(taken.posonlyargs + taken.args + taken.kwonlyargs) > 2:
            silent.append(f"{where} has no docstring")
        raised = {name for name in _raised(function.body) if name.endswith("Error")}
        silent += [f"{where} does not say that it raises {one}" for one in raised if not _named(one, said)]
    assert silent == []


# --- sizes ------------------------------------------------------------------------------------------

MOST_LINES = 260  # of code: docstrings, comments and empty lines are apart
# What is longer, and why it is one thing.
LONG = {
    "app/described.py": "what each setting is for, a sentence or two each",
    "mastery/reading.py": "every member of a rule, as its form has them",
    "processes/commands/bulk.py": "one command with its subcommands",
    "store/admit/members.py": "a repository, and the identifiers of its rows",
    "store/award/observations.py": "a repository",
    "store/migrations/tables_0003.py": "tables as they were; it never changes",
    "verifying/recipe.py": "the recipe, which is read from its first check to its last",
    "web/api/shapes.py": "a class for each message of the API",
    "web/console/credentials.py": "the console's pages about one credential",
}


def code_lines(text: str) -> int:
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            docstrings |= {*range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    lines = enumerate(text.splitlines(), start=1)
    return sum(bool(line.strip()) and line.strip()[0] != "#" and at not in docstrings for at, line in lines)


def test_a_long_file_has_a_reason() -> None:
    """Split what grows; or say why it is one thing. A file that is short again leaves the list."""
    counted = {path: code_lines(text) for path, text in sources().items() if text.count("\n") > MOST_LINES}
    assert {path for path, count in counted.items() if count > MOST_LINES} <= set(LONG)
    assert {path for path in LONG if counted.get(path, 0) < MOST_LINES * 0.9} == set()


def test_docstrings_and_comments_do_not_make_a_file_long() -> None:
    assert code_lines('"""What\nit is."""\n\n# why\nx = 1\n\n\ndef f():\n    """It."""\n    return 1\n') == 3


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("if x:\n    raise InputError('x')", ["InputError"]),
        ("try:\n    raise InputError('x')\nexcept InputError: ...", []),
        ("def inner():\n    raise InputError('x')", []),
        ("with x:\n    for y in x:\n        raise InputError('x')", ["InputError"]),
    ],
)
def test_what_leaves_a_function_is_seen(code: str, raised: list[str]) -> None:
    assert list(_raised(ast.parse(code).body)) == raised
    assert _named("InputError", "Raises CredservError.")
    assert not _named("InputError", "Raises ConflictError.")
