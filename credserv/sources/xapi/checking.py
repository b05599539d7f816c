"""Building blocks for checking a statement: each notes the faults of one value with their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from credserv.ground.reading import FaultList, pointer
from credserv.sources.xapi import data_types as types

Check = Callable[[Any, str, FaultList], None]


def check_text(value: object, place: str, faults: FaultList) -> None:
    if not isinstance(value, str):
        faults.add(place, "text is expected")


def check_flag(value: object, place: str, faults: FaultList) -> None:
    if not isinstance(value, bool):
        faults.add(place, "true or false is expected")


def check_number(value: object, place: str, faults: FaultList) -> None:
    if not types.is_number(value):
        faults.add(place, "a number is expected")


def check_length(value: object, place: str, faults: FaultList) -> None:
    if not types.is_number(value) or value != int(value) or value < 0:
        faults.add(place, "a whole number is expected")


def text_that(fits: Callable[[str], bool], what: str) -> Check:
    def check(value: object, place: str, faults: FaultList) -> None:
        if not isinstance(value, str) or not fits(value):
            faults.add(place, f"{what} is expected")

    return check


def one_of(*words: str) -> Check:
    return text_that(words.__contains__, " or ".join(words))


def list_of(check: Check) -> Check:
    def check_list(value: object, place: str, faults: FaultList) -> None:
        if not isinstance(value, list):
            faults.add(place, "a list is expected")
            return
        for index, item in enumerate(value):
            check(item, pointer(place, index), faults)

    return check_list


def check_members(
    value: object,
    place: str,
    faults: FaultList,
    *,
    required: Mapping[str, Check],
    optional: Mapping[str, Check],
) -> None:
    if not isinstance(value, Mapping):
        faults.add(place, "an object is expected")
        return
    for name in required:
        if name not in value:
            faults.add(pointer(place, name), "is required")
    for name, item in value.items():
        check = required.get(name) or optional.get(name)
        if check is None:
            faults.add(pointer(place, name), "the standard knows no such member here")
        else:
            check(item, pointer(place, name), faults)


def object_of(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    return partial(check_members, required=required, optional=optional)


def map_of(is_key: Callable[[str], bool], what: str, check: Check | None) -> Check:
    def check_map(value: object, place: str, faults: FaultList) -> None:
        if not isinstance(value, Mapping):
            faults.add(place, "an object is expected")
            return
        for key, item in value.items():
            if not is_key(key):
                faults.add(pointer(place, key), f"each name here is {what}")
            if check is not None:
                check(item, pointer(place, key), faults)

    return check_map


IRI = text_that(types.is_iri, "an IRI with its scheme")
UUID = text_that(types.is_uuid, "a UUID")
TIMESTAMP = text_that(types.is_timestamp, "a date and time (RFC 3339)")
LANGUAGE = text_that(types.is_language, "a language tag (RFC 5646)")
LANGUAGE_MAP = map_of(types.is_language, "a language tag (RFC 5646)", check_text)
EXTENSIONS = map_of(types.is_iri, "an IRI with its scheme", None)
