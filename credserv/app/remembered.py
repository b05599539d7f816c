"""What an installation stores in its data folder: settings (`credserv.env`) and secrets.

They apply where a variable is not set. A variable that is set wins, except for those that identify the
installation: its database and public address. A different value there is more often a mistake than intended,
and a command exists for intended changes (found.md U2).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from credserv.app.variables import PREFIX
from credserv.ground.addresses import normal_address
from credserv.ground.errors import SettingsError
from credserv.ground.own_files import make_folder, replace_file, write_new_file

SECRET_FILES = {"SECRET_KEY": "secret_key", "KEY_PASSPHRASE": "key_passphrase"}
REMEMBERED_FILE = "credserv.env"
ITS_OWN = ("PUBLIC_URL", "DATABASE_URL")  # they identify the installation
_NOT_KEPT = ("DATA_DIR", *SECRET_FILES)  # the folder itself, and what we never write unencrypted
_SECRET_BYTES = 48


def compose_environment(environ: Mapping[str, str], data_dir: Path | None = None) -> dict[str, str]:
    """Return the environment completed with what the data folder remembers.

    Args:
        data_dir: has everything of the installation, its keys too; None for the environment's.

    Raises:
        SettingsError: the remembered settings cannot be read, or the environment names another database or
            address.
    """
    given = {name: value for name, value in environ.items() if value or not name.startswith(PREFIX)}
    if data_dir is not None:
        given[f"{PREFIX}DATA_DIR"] = str(data_dir.absolute())
    folder = data_folder(given)
    kept = read_remembered(folder)
    _require_same(folder, given, kept)
    for name, file in SECRET_FILES.items():
        if (folder / file).exists():
            kept[f"{PREFIX}{name}_FILE"] = str(folder / file)
    composed = {**{name: value for name, value in kept.items() if not is_given(name, given)}, **given}
    if data_dir is not None or (folder / "keys").is_dir() or not Path("keys").is_dir():
        composed.setdefault(f"{PREFIX}KEYS_DIR", str(folder / "keys"))
    return composed


def data_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get(f"{PREFIX}DATA_DIR") or "data").absolute()


def is_begun(folder: Path) -> bool:
    """Return whether an installation has its settings or a secret here."""
    return any((folder / file).exists() for file in (REMEMBERED_FILE, *SECRET_FILES.values()))


def settings_to_keep(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings to store, by name without prefix: all except secrets given by value."""
    given = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}
    if given.get("KEYS_DIR") == str(data_folder(environ) / "keys"):
        del given["KEYS_DIR"]  # found automatically, also after the folder moves
    return {
        name: str(Path(value).absolute()) if name.endswith(("_FILE", "_DIR")) else value
        for name, value in given.items()
        if value and name not in _NOT_KEPT and name.removesuffix("_FILE") not in SECRET_FILES
    }


def remember(folder: Path, settings: Mapping[str, str | None]) -> None:
    """Store settings (name without prefix, to value) for later commands; other stored ones stay.

    A value of None removes the setting.
    """
    chosen = {PREFIX + name: value for name, value in settings.items()}
    merged = {**read_remembered(folder), **chosen}
    kept = {name: value for name, value in merged.items() if value is not None}
    if any("\n" in value for value in kept.values()):
        raise SettingsError("a setting is one line of text")
    lines = "".join(f"{name}={value}\n" for name, value in sorted(kept.items()))
    said = "# The settings of this installation. `credserv settings set` changes them.\n"
    replace_file(folder / REMEMBERED_FILE, (said + lines).encode())


def read_remembered(folder: Path) -> dict[str, str]:
    path = folder / REMEMBERED_FILE
    try:
        lines = path.read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: mend its mode, or move it away") from error
    pairs = (line.partition("=") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def create_secrets(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Create the data folder (0700) and each missing secret; returns the new files.

    Raises SettingsError for an existing installation whose secret is missing, because a new one would open
    nothing.
    """
    folder = data_folder(environ)
    make_folder(folder)
    made = []
    for name, file in SECRET_FILES.items():
        path = folder / file
        if is_given(f"{PREFIX}{name}", environ) or path.exists():
            continue
        if (folder / REMEMBERED_FILE).exists():
            raise SettingsError(
                f"{PREFIX}{name} is not set, and {path} is not there, though this installation was begun: "
                "set the variable as it was then, or put the file back from the backup"
            )
        write_new_file(path, secrets.token_urlsafe(_SECRET_BYTES).encode() + b"\n")
        made.append(path)
    return tuple(made)


def describe_missing(folder: Path) -> str:
    """Describe a folder without an installation, and where one may be."""
    said = f"there is no installation in {folder}"
    if not folder.exists():
        said += ", which is not there"
    elif not folder.is_dir():
        said += ", which is no folder"
    else:
        names = sorted(path.name for path in folder.iterdir())
        said += (
            f", which holds {', '.join(names[:5])}{' and more' if len(names) > 5 else ''}" if names else ""
        )
    near = [path for path in (*_below(folder), folder.parent) if is_begun(path)]
    if near:
        return f"{said}. There is one in {near[0]}: give `--data {near[0]}`"
    return (
        f"{said}. Name the folder of yours with --data, or set {PREFIX}DATA_DIR; "
        "to begin a new one, run `credserv init`"
    )


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def is_same(name: str, one: str, other: str) -> bool:
    """Return whether two values name the same installation; a database with another password is the same."""
    if name == "PUBLIC_URL":
        return normal_address(one).lower() == normal_address(other).lower()
    return _without_password(one) == _without_password(other)


def value_of(name: str, environ: Mapping[str, str]) -> str | None:
    """Return a setting given by value, or by a readable file."""
    path = environ.get(f"{PREFIX}{name}_FILE")
    if environ.get(PREFIX + name) or not path:
        return environ.get(PREFIX + name) or None
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None  # Settings reports it with the right message


def _require_same(folder: Path, given: Mapping[str, str], kept: Mapping[str, str]) -> None:
    for name in ITS_OWN:
        asked, known = value_of(name, given), value_of(name, kept)
        if asked is not None and known is not None and not is_same(name, asked, known):
            shown = "" if name == "DATABASE_URL" else f" ({known})"
            raise SettingsError(
                f"{PREFIX}{name} is another one than this installation remembers{shown} in "
                f"{folder / REMEMBERED_FILE}: unset the variable, give another --data, "
                f"or change it for good with `credserv settings set {name} VALUE`"
            )


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url.strip().replace("postgresql+psycopg:", "postgresql:", 1))
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return url
    user = "" if "@" not in parts.netloc else f"{parts.netloc.rpartition('@')[0].partition(':')[0]}@"
    return parts._replace(netloc=user + host).geturl()


def is_given(name: str, given: Mapping[str, str]) -> bool:
    """Return whether the variable, or its `_FILE` form, is set."""
    plain = name.removesuffix("_FILE")
    return bool(given.get(plain) or given.get(f"{plain}_FILE"))
