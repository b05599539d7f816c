"""Turn the errors of a JSON Schema validator into faults that a person can correct.

The official schemas use `oneOf` throughout for "one or many" and "text or language map", and a validator's
own message then shows only the outermost one. Here the branch the author meant is chosen (the one whose type
fits), and its errors replace the `oneOf`. Messages never repeat values, which may be personal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jsonschema_rs import ValidationError, ValidationErrorKind

from credserv.ground.errors import Fault
from credserv.ground.reading import pointer

MAX_FAULTS = 100
_CHOICES = (ValidationErrorKind.OneOfNotValid, ValidationErrorKind.AnyOf)
_OF_MEMBERS = (ValidationErrorKind.Required, ValidationErrorKind.AdditionalProperties)
_MAX_OPTIONS = 40
_EXTENSION = "a word of your own that begins with ext:"
_WORDS = {
    "string": "text",
    "object": "an object",
    "array": "a list",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def explain(errors: Iterable[ValidationError]) -> tuple[Fault, ...]:
    """Return each fault once, in the order of the check, at most MAX_FAULTS."""
    faults: dict[Fault, None] = {}
    for error in _leaves(errors):
        for fault in _faults_of(error):
            faults.setdefault(fault)
        if len(faults) >= MAX_FAULTS:
            break
    return tuple(faults)[:MAX_FAULTS]


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        branches = _branches(error)
        chosen = _choose(branches, error.instance_path) if branches else None
        if chosen is None:
            yield error
        else:
            yield from _leaves(chosen)


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    kind = error.kind
    if isinstance(kind, _CHOICES):
        return kind.context
    return []


def _choose(
    branches: Sequence[list[ValidationError]], place: list[str | int]
) -> list[ValidationError] | None:
    """Return the branch that was meant; None when all fail at this very place and must be reported
    together."""
    fitting = [branch for branch in branches if not any(_is_wrong_type(e, place) for e in branch)]
    if not fitting or (len(fitting) > 1 and all(_is_only_here(branch, place) for branch in fitting)):
        return None
    return min(fitting, key=len)


def _is_wrong_type(error: ValidationError, place: list[str | int]) -> bool:
    """Return whether the type is wrong, also in a choice (text, or language map) without a fitting branch."""
    if error.instance_path != place:
        return False
    if isinstance(error.kind, ValidationErrorKind.Type):
        return True
    branches = _branches(error)
    return bool(branches) and all(any(_is_wrong_type(e, place) for e in branch) for branch in branches)


def _is_only_here(branch: list[ValidationError], place: list[str | int]) -> bool:
    return len(branch) == 1 and branch[0].instance_path == place and not _names_members(branch[0])


def _names_members(error: ValidationError) -> bool:
    kind = error.kind
    return isinstance(kind, _OF_MEMBERS)


def _faults_of(error: ValidationError) -> Iterator[Fault]:
    place = pointer("", *error.instance_path)
    kind = error.kind
    if isinstance(kind, ValidationErrorKind.Required):
        yield Fault(pointer(place, str(kind.property).strip('"')), "is required")
    elif isinstance(kind, ValidationErrorKind.AdditionalProperties):
        for name in kind.unexpected:
            yield Fault(pointer(place, name), "is not allowed here")
    else:
        yield Fault(place, _message(error))


def _message(error: ValidationError) -> str:
    branches = _branches(error)
    if branches:
        return _joined(branches)
    kind = error.kind
    if isinstance(kind, ValidationErrorKind.Type):
        return f"{_either(_WORDS.get(name, name) for name in kind.types)} is expected"
    if isinstance(kind, ValidationErrorKind.Enum):
        options = [str(option) for option in kind.options[:_MAX_OPTIONS]]
        return f"must be one of {', '.join(options)}" if len(options) > 1 else f"must be {options[0]}"
    if isinstance(kind, ValidationErrorKind.Pattern):
        return _EXTENSION if kind.pattern.startswith("(ext:)") else f"must match the pattern {kind.pattern}"
    if isinstance(kind, ValidationErrorKind.Contains):
        return "lacks an entry that the schema demands"
    if isinstance(kind, ValidationErrorKind.Format):
        return f"is not a {kind.format}"
    return f"breaks the rule {kind.name} of the schema"


def _joined(branches: Sequence[list[ValidationError]]) -> str:
    """Join branches that fail at one place: types as one list, other messages with *or*."""
    errors = [error for branch in branches for error in branch[:1]]
    types = [name for error in errors for name in _types(error)]
    others = [_message(error) for error in errors if not _types(error)]
    if types and not others:
        return f"{_either(_WORDS.get(name, name) for name in types)} is expected"
    return ", or ".join(dict.fromkeys(others))


def _types(error: ValidationError) -> list[str]:
    """Return the types that would fit, when only the type is wrong."""
    if isinstance(error.kind, ValidationErrorKind.Type):
        return error.kind.types
    found = [_types(inner) for branch in _branches(error) for inner in branch[:1]]
    return [name for names in found for name in names] if all(found) else []


def _either(words: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(words))
