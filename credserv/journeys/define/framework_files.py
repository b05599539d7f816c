"""The files of a framework, given or fetched, each in its format, read into one framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from credserv.fetch.client_credentials import TokenClient, fetch_token
from credserv.frameworks import plain_csv
from credserv.frameworks.archive import is_archive, unpack
from credserv.frameworks.asked import Asked
from credserv.frameworks.case import peek_packages
from credserv.frameworks.framework import Framework, merge_frameworks
from credserv.frameworks.readers import parse_framework_json, read_framework
from credserv.frameworks.texts import slug
from credserv.ground.errors import (
    Fault,
    FetchRefusedError,
    InputError,
    MalformedJsonError,
    MissingBaseError,
    UnavailableError,
    UnknownFrameworkError,
)
from credserv.ground.strict_json import to_utf8
from credserv.ground.tables import MAX_BYTES
from credserv.journeys.services import Services

_ACCEPT = "application/json, application/ld+json, text/csv, text/plain;q=0.8, */*;q=0.5"


@dataclass(frozen=True)
class GivenFile:
    name: str
    data: bytes


def read_given(
    services: Services, files: Sequence[GivenFile], asked: Asked, *, format: str = ""
) -> Framework:
    """Read one framework from one or more files.

    If the items have no URLs of their own and no base was given, they get URLs under ours.

    Args:
        format: "" to detect it.

    Raises:
        CredservError: As `read_framework`, with the file's name.
    """
    if not files:
        raise InputError("a file or an address of a framework is needed")
    if any(is_archive(file.data) for file in files):
        return _read_archives(services, files, asked, format=format)
    named = asked.name or files[0].name.rpartition("/")[2].partition(".")[0]
    base = asked.base or f"{services.public_url}/frameworks/{slug(named) or 'framework'}/"
    parts = []
    for file in files:
        try:
            parts.append(_read_file(file, asked, base, format))
        except InputError as error:
            if len(files) == 1:
                raise
            raise type(error)(f"{file.name}: {error.detail}", faults=error.faults) from error
    framework = merge_frameworks(parts)
    return replace(framework, uri=framework.uri or base, name=framework.name or named)


def _read_file(file: GivenFile, asked: Asked, base: str, format: str) -> Framework:
    said = replace(asked, file=file.name)
    try:
        return read_framework(file.data, said, format=format)
    except MissingBaseError:
        return read_framework(file.data, replace(said, base=base), format=format)


def _read_archives(services: Services, files: Sequence[GivenFile], asked: Asked, *, format: str) -> Framework:
    """Read the framework files in an archive, and report the files that were skipped."""
    unpacked = [
        GivenFile(name, content)
        for file in files
        for name, content in (unpack(file.data) if is_archive(file.data) else [(file.name, file.data)])
    ]
    parts, strange = [], []
    for file in unpacked:
        if is_archive(file.data):  # an archive may contain itself, endlessly
            strange.append(Fault(file.name, "was passed over: an archive within an archive"))
            continue
        try:
            parts.append(read_given(services, [file], asked, format=format))
        except (UnknownFrameworkError, MalformedJsonError) as error:
            strange.append(Fault(file.name, f"was passed over: {error.detail}"))
    if not parts:
        raise UnknownFrameworkError("no file in the archive is one of a framework")
    first = next((part for part in parts if part.format != plain_csv.FORMAT), parts[0])
    alike = [part for part in parts if part.format == first.format]
    strange += [Fault(part.name, "is of another format") for part in parts if part not in alike]
    merged = merge_frameworks(alike)
    return replace(merged, faults=(*merged.faults, *strange))


def fetch_framework(services: Services, url: str, client: TokenClient | None = None) -> GivenFile:
    """Fetch a URL; for a CASE document that names its package, fetch the package.

    Args:
        client: Credentials for an access token, as CASE Network requires. The token goes only to the host of
            `url`.

    Raises:
        FetchRefusedError: The URL, or a package on another host, may not be fetched.
        UnavailableError: The host does not answer.
        InputError: The answer cannot be used.
    """
    headers = {} if client is None else {"Authorization": f"Bearer {fetch_token(services.caller, client)}"}

    def get(address: str) -> bytes:
        if not headers:
            return services.fetcher.get(address, accept=_ACCEPT, max_bytes=MAX_BYTES).body
        if urlsplit(address).netloc != urlsplit(url).netloc:
            raise FetchRefusedError("the document names a package at another host, which gets no token")
        answer = services.caller.call(address, headers={"Accept": _ACCEPT, **headers}, max_bytes=MAX_BYTES)
        if answer.status != 200:
            raise UnavailableError(f"the host answered {answer.status}")
        return answer.body

    data = get(url)
    package = _only_package(data)
    if package and package != url:
        data = get(package)
        url = package
    return GivenFile(url, data)


def _only_package(data: bytes) -> str:
    """Return the one package that the document names, if it contains nothing else."""
    if to_utf8(data).lstrip()[:1] not in (b"{", b"["):
        return ""
    value = parse_framework_json(data)
    if isinstance(value, Mapping) and "CFItems" in value:
        return ""
    packages = peek_packages(value)
    return packages[0][1] if len(packages) == 1 else ""
