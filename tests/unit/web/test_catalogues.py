"""What pages say is said in every language, whole, with the same places for what is filled in."""

from __future__ import annotations

import ast
import re

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment

from credserv.ground.sentences import sentences
from credserv.web.frame.languages import TRANSLATED_ROOMS
from credserv.web.frame.problems import KINDS
from tests.testkit.bare_words import bare_words
from tests.testkit.catalogues import (
    BELOW,
    OTHERS,
    PACKAGE,
    faults,
    messages,
    read,
    templates,
    unsaid,
)


@pytest.fixture(scope="module")
def said() -> Catalog:
    return messages()


@pytest.fixture(scope="module")
def environment() -> Environment:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(
        dict.fromkeys(
            (
                *(
                    "markdown",
                    "day",
                    "minute",
                    "month",
                    "number",
                    "figure",
                    "local_minute",
                    "written_day",
                    "instant",
                    "web_link",
                    "host",
                    "qr",
                ),
                *("said", "told", "sentence", "capital", "language_name", "in_log_since"),
            ),
            str,
        )
    )
    return environment


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_said_in_every_language(said: Catalog, language: str) -> None:
    assert list(faults(read(language), said)) == []


@pytest.mark.parametrize(
    ("english", "told", "fault"),
    [
        ("Verify", "", "nothing is said for it"),
        ("Of %(name)s", "Von %(nom)s", "['%(nom)s'] instead of ['%(name)s']"),
        ("<b>%(name)s</b>", "%(name)s", "[] instead of ['</b>', '<b>']"),
        ("<b>Verify</b>", "<b>Prüfen<b>", "['<b>', '<b>'] instead of ['</b>', '<b>']"),
        (("one", "%(num)s of them"), ("einer", ""), "nothing is said for it"),
    ],
)
def test_a_faulty_translation_is_seen(english: str, told: str, fault: str) -> None:
    said, catalogue = Catalog(), Catalog("de")
    said.add(english)
    catalogue.add(english, told)
    assert list(faults(catalogue, said)) == [f"{fault}: {english!r}"]


def test_a_text_that_is_missing_or_gone_or_in_doubt_is_seen() -> None:
    said, catalogue = Catalog(), Catalog("de")
    said.add("New")
    said.add("Known")
    catalogue.add("Known", "Bekannt", flags=["fuzzy"])
    catalogue.add("Old", "Alt")
    assert list(faults(catalogue, said)) == [
        "not there: 'New'",
        "in doubt: 'Known'",
        "said by no page: 'Old'",
    ]


def test_no_template_has_words_that_nobody_can_translate(environment: Environment) -> None:
    found = {path.name: bare_words(path.read_text(), environment) for path in templates()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Some words</p>", ["Some words"]),
        ('<img alt="A picture">', ["A picture"]),
        ('<p>{{ "No end" if x else _("Until") }}</p>', ["No end"]),
        ('{{ button("Press me") }}', ["Press me"]),
        ('{% for label in ["Verify"] %}{{ label }}{% endfor %}', ["Verify"]),
        ('<p>{% trans %}Some words{% endtrans %} {{ _("More words") }}</p>', []),
        ('{% if x == "Some words" %}<code>--no-words</code> Open Badges 3.0{% endif %}', []),
        ('<p class="some class">{{ x|replace("Some", "Other") }} · 100 %</p>', []),
    ],
)
def test_words_that_nobody_can_translate_are_seen(
    environment: Environment, template: str, found: list[str]
) -> None:
    assert bare_words(template, environment) == found


def test_pages_say_nothing_that_only_experts_of_this_service_know(said: Catalog) -> None:
    """The words that the design of the pages rules out, in any sentence, and as labels of a state."""
    phrase = re.compile(
        r"dialect|\bmappings?\b|quarantine|credential\.sign|salted hash|so not readable here|"
        r"read in one way only|it says whom|a key that is the issuer|open to anyone|\Ato the first page",
        re.IGNORECASE,
    )
    texts = [text for message in said for text in (message.id if message.pluralizable else [message.id])]
    labels = {"Reserved", "Built", "Linted", "Intended"}
    assert [text for text in texts if phrase.search(text) or text in labels] == []


def test_every_sentence_from_below_the_web_is_said_in_all_languages() -> None:
    found = {name: unsaid((PACKAGE / name).read_text(), sentences()) for name in BELOW}
    assert {name: phrases for name, phrases in found.items() if phrases} == {}


def test_every_fault_that_owners_hear_of_is_said_in_all_languages() -> None:
    """In the console and in letters; that all is well, only `credserv doctor` says, in English."""
    told = [
        node.value if isinstance(node, ast.Assign) else node.args[2]
        for name in ("journeys/operate/conditions.py", "journeys/accredit/work.py")
        for node in ast.walk(ast.parse((PACKAGE / name).read_text()))
        if (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "said")
        or (isinstance(node, ast.Call) and ast.unparse(node).startswith("Finding(") and _is_fault(node))
    ]
    assert len(told) > 15
    assert unsaid("\n".join(ast.unparse(one) for one in told), sentences()) == []


def _is_fault(call: ast.Call) -> bool:
    return ast.unparse(call.args[1]) == "False"


def test_every_kind_of_problem_is_said_in_all_languages() -> None:
    assert {kind.title for kind in KINDS.values()} <= set(sentences())


def test_a_sentence_from_below_that_is_not_said_is_seen() -> None:
    source = (
        'def f(x):\n    """Some words here."""\n    return f"It is {x} and nothing else." + "Known as it is."'
    )
    assert unsaid(source, ["Known as it is."]) == ["and nothing else"]


def test_every_room_with_pages_is_translated() -> None:
    """A room that was split off another stayed in English; only the API's documentation may."""
    rooms = {
        f"credserv.web.{path.parent.name}."
        for path in (PACKAGE / "web").glob("*/*.py")
        if path.parent.name != "frame" and re.search(r"rendering import .*\bpage\b", path.read_text())
    }
    assert len(rooms) > 10
    assert rooms - {"credserv.web.api."} <= set(TRANSLATED_ROOMS)
