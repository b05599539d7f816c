"""What templates say, read as Jinja reads them."""

from __future__ import annotations

import re

import jinja2

from credserv.web.frame.rendering import STATIC

_TEMPLATES = STATIC.parent / "templates"


def test_no_expression_hides_in_a_text_where_nothing_fills_it_in() -> None:
    """A form that leads to the literal "{{ root() }}/wallet/link" leads nowhere."""
    environment = jinja2.Environment(autoescape=True)
    hidden = [
        f"{path.relative_to(_TEMPLATES)}:{line}: {value}"
        for path in sorted(_TEMPLATES.rglob("*.html"))
        for line, kind, value in environment.lex(path.read_text(encoding="utf-8"))
        if kind == "string" and "{{" in value
    ]
    assert hidden == []


def test_only_words_are_translated_and_no_name_that_a_style_or_a_form_looks_for() -> None:
    named = re.compile(r'\b(?:class|id|name|type|for|href|value)="[^"]*\{\{-? ?_\([^"]*')
    found = [
        f"{path.relative_to(_TEMPLATES)}: {match}"
        for path in sorted(_TEMPLATES.rglob("*.html"))
        for match in named.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_numbers_and_days_are_written_as_the_reader_writes_them() -> None:
    """By filters (`number`, `figure`, `day`, `month`): `0.5` is `0,5` in German. Places in a drawing stay."""
    own = re.compile(r"%[.0-9]*g|\{:|strftime")
    found = [
        f"{path.relative_to(_TEMPLATES)}: {match}"
        for path in sorted(_TEMPLATES.rglob("*.html"))
        for match in own.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []
