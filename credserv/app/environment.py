"""Read the environment one variable at a time: each method names the format it accepts.

Any other value raises SettingsError with one line that names the variable and says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from credserv.app.variables import PREFIX
from credserv.ground.addresses import (
    is_host_name,
    is_https,
    is_https_page,
    is_ip_address,
    is_loopback,
    is_web_address,
    is_web_page,
    normal_address,
    split_address,
)
from credserv.ground.errors import SettingsError
from credserv.ground.names import has_unseen, is_email

_MIN_DISTINCT_BYTES = 8
_MAX_SECRET_FILE_BYTES = 65_536
# The same in a DID (did:web), a content policy and an address, without escaping.
_PATH = re.compile(r"(?:/[a-z0-9-]{1,64}){0,8}", re.ASCII)
_DATABASE_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")


def bad_setting(name: str, what: str) -> SettingsError:
    return SettingsError(f"{PREFIX}{name} {what}")


class Environment:
    """The variables of one process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str) -> str:
        value = (self._environ.get(PREFIX + name) or default).strip()
        if not value or has_unseen(value) or len(value) > 2_000:
            raise bad_setting(name, "is not one line of printable text: give such a line, or unset it")
        return value

    def optional(self, name: str) -> str | None:
        """Return the variable, or the content of the file that `<NAME>_FILE` names; None when neither is
        set."""
        value, path = self._environ.get(PREFIX + name), self._environ.get(f"{PREFIX}{name}_FILE")
        if value and path:
            raise bad_setting(name, f"and {PREFIX}{name}_FILE are both set: keep one of them")
        return _read_secret_file(name, Path(path)) if path else (value or None)

    def secret(self, name: str, *, min_bytes: int) -> bytes:
        found = self.optional_secret(name, min_bytes=min_bytes)
        if found is None:
            raise bad_setting(
                name,
                f"is not set: give {min_bytes} random bytes or more, or a file of them "
                f"in {PREFIX}{name}_FILE (`openssl rand -base64 48` makes one)",
            )
        return found

    def optional_secret(self, name: str, *, min_bytes: int) -> bytes | None:
        value = self.optional(name)
        if value is None:
            return None
        raw = value.encode()
        if len(raw) < min_bytes or len(set(raw)) < _MIN_DISTINCT_BYTES:
            raise bad_setting(
                name,
                f"is too weak: give {min_bytes} random bytes or more (`openssl rand -base64 48` makes them)",
            )
        return raw

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self._environ.get(PREFIX + name) or str(default)
        if not re.fullmatch(r"[0-9]{1,9}", value.strip(), re.ASCII) or not low <= int(value) <= high:
            raise bad_setting(name, f"is {value[:40]!r}: give a whole number from {low} to {high}")
        return int(value)

    def flag(self, name: str, usually: str = "0") -> bool:
        value = (self._environ.get(PREFIX + name) or usually).strip().lower()
        if value not in ("0", "1", "false", "true"):
            raise bad_setting(name, f"is {value[:40]!r}: give 1 or 0")
        return value in ("1", "true")

    def choice(self, name: str, default: str, known: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in known:
            raise bad_setting(name, f"is {value[:40]!r}: give {' or '.join(known)}")
        return value

    def optional_file(self, name: str) -> Path | None:
        path = self.optional_path(name)
        if path is not None and not path.is_file():
            raise bad_setting(name, f"names {path}, which is no file")
        return path

    def tls(self) -> tuple[Path | None, Path | None]:
        """Return both files, or none."""
        paths = [self._environ.get(f"{PREFIX}{name}") for name in ("TLS_CERT", "TLS_KEY")]
        if not any(paths):
            return None, None
        for name, path in zip(("TLS_CERT", "TLS_KEY"), paths, strict=True):
            if not path or not Path(path).is_file():
                raise bad_setting(
                    name, "is no file: give a PEM file in both TLS_CERT and TLS_KEY, or in neither"
                )
        return Path(str(paths[0])).absolute(), Path(str(paths[1])).absolute()

    def path(self, name: str, default: Path) -> Path:
        return Path(self._environ.get(PREFIX + name) or default).absolute()

    def optional_path(self, name: str) -> Path | None:
        value = self._environ.get(PREFIX + name)
        return Path(value).absolute() if value else None

    def folder(self, name: str, default: Path) -> Path:
        path = self.path(name, default)
        if not path.is_dir():
            raise bad_setting(
                name, f"names {path}, which is not a folder: name the folder that holds MANIFEST.json"
            )
        return path

    def public_address(self, name: str, default: str) -> str:
        """Return scheme://host[:port][/path]; http is allowed only on this machine."""
        value = self.text(name, default).rstrip("/")
        start = "/".join(value.split("/", 3)[:3])
        path = value.removeprefix(start)
        host = _origin_host(start.lower())
        value = (start if host is None else normal_address(start)) + path
        if host is None:
            raise bad_setting(
                name,
                f"is {value[:80]!r}: give scheme, host and at most a port and a path, as in "
                "https://badges.example.org or https://hr.example.org/badges",
            )
        if not _PATH.fullmatch(path):
            raise bad_setting(
                name, f"is {value[:80]!r}: a path is made of a to z, 0 to 9 and -, in parts between slashes"
            )
        if not is_https(value) and not is_loopback(host):
            raise bad_setting(
                name,
                f"is {value[:80]!r}: other machines must be served over https; plain http is for localhost",
            )
        return value

    def web_page(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if not is_web_page(value):
            raise bad_setting(
                name, f"is {value[:80]!r}: give the address of a web page, as in https://example.org"
            )
        return value

    def collector(self, name: str, standard: str) -> str | None:
        """Return a collector's address.

        `standard` is the common variable that is read where ours is not set.
        """
        value = (self._environ.get(PREFIX + name) or self._environ.get(standard) or "").strip().rstrip("/")
        parts = split_address(value)
        if value and not (is_web_address(value) and "@" not in parts.netloc):
            raise bad_setting(
                name, f"is {value[:80]!r}: give the address of a collector, as in http://localhost:4318"
            )
        return value or None

    def database(self, name: str, default: str) -> str:
        value = self.optional(name) or default
        if value.partition(":")[0] not in _DATABASE_SCHEMES or "://" not in value:
            raise bad_setting(
                name,
                "is not a database this service knows: give sqlite:////path/to/file "
                "or postgresql://user:password@host/name",
            )
        return value

    def smtp(self, name: str) -> str | None:
        value = self.optional(name)
        if value is None:
            return None
        parts = split_address(value)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise bad_setting(
                name,
                "is not a mail server: give smtp://host:port, "
                "with user:password@ before the host where it wants them",
            )
        return value

    def address(self, name: str, *, required_by: str | None = None) -> str | None:
        value = self._environ.get(PREFIX + name)
        if not value:
            if required_by is None:
                return None
            raise bad_setting(
                name, f"is not set, and {PREFIX}{required_by} is: give the sender's e-mail address"
            )
        if not is_email(value):
            raise bad_setting(name, f"is {value[:80]!r}: give one e-mail address, as in badges@example.org")
        return value

    def contact(self, name: str) -> str | None:
        value = self.optional(name)
        if value is None or (is_https_page(value)):
            return value
        if is_email(value.removeprefix("mailto:")):
            return f"mailto:{value.removeprefix('mailto:')}"
        raise bad_setting(name, f"is {value[:80]!r}: give an e-mail address, or the https address of a page")

    def stored_where(self, name: str, default: str) -> str:
        value = self.optional(name) or default
        if not re.match(r"(memory|rediss?|memcached)://", value):
            raise bad_setting(name, "is not a place for rate limits: give memory:// or redis://host:port")
        return value

    def rate(self, name: str, default: str) -> str:
        from limits import parse_many  # only for processes that serve

        value = self.text(name, default)
        try:
            parse_many(value)
        except ValueError as error:
            raise bad_setting(name, f"is {value[:40]!r}: give a rate such as 60/minute") from error
        return value


def _origin_host(value: str) -> str | None:
    """Return the host of exactly `scheme://host[:port]`, else None."""
    parts = split_address(value)
    if not is_web_address(value) or parts.hostname is None:
        return None
    bare = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc or value[-1] in "?#:")
    return (
        parts.hostname if bare and (is_host_name(parts.hostname) or is_ip_address(parts.hostname)) else None
    )


def _read_secret_file(name: str, path: Path) -> str:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"names {path}, which cannot be read as text: mend the path or the file's mode"
        raise bad_setting(f"{name}_FILE", what) from error
    if len(raw) > _MAX_SECRET_FILE_BYTES:
        raise bad_setting(f"{name}_FILE", f"names {path}, which is too large to be a secret")
    return text.removesuffix("\n").removesuffix("\r")
