"""The disk: the folder, who may read it, what is pinned in it, and how much space is left."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from credserv.app.doctor.ward import Ward
from credserv.app.remembered import REMEMBERED_FILE, SECRET_FILES, describe_missing, is_begun, read_remembered
from credserv.ground.errors import SettingsError
from credserv.journeys.operate.contexts import pins_of
from credserv.records.health import Finding

_MEGABYTE = 1_048_576


def settings(ward: Ward) -> Finding:
    try:
        ward.settings  # noqa: B018 - reads and checks them all
    except SettingsError as error:
        if any(f"CREDSERV_{name} is not set" in error.detail for name in SECRET_FILES):
            said = error.detail if is_begun(ward.folder) else describe_missing(ward.folder)
            return Finding("settings", False, said, "credserv init")
        return Finding("settings", False, error.detail, _unset(ward, error.detail))
    return Finding("settings", True, "Every setting is known and good.")


def _unset(ward: Ward, detail: str) -> str:
    """Return how to unset a wrong setting: a remembered one by command, one from the environment in the
    shell."""
    name = detail.partition(" ")[0]
    if name in read_remembered(ward.folder):
        return f"credserv settings unset {name}"
    return f"unset {name}" if name in ward.environ else "credserv settings show"


def data_folder(ward: Ward) -> Finding:
    folder = ward.folder
    if not folder.is_dir():
        return Finding("data-folder", False, f"{folder} is no folder.", "credserv init")
    state = folder.stat()
    if state.st_uid != os.geteuid() and os.geteuid() != 0:
        said = f"{folder} belongs to another account than the one that runs this."
        return Finding("data-folder", False, said, f"chown -R $(id -u) {shlex.quote(str(folder))}")
    if stat.S_IMODE(state.st_mode) & 0o077:
        said = f"Others on this machine can look into {folder}."
        return Finding("data-folder", False, said, f"chmod 700 {shlex.quote(str(folder))}")
    if not os.access(folder, os.W_OK):
        said = f"{folder} cannot be written."
        return Finding("data-folder", False, said, f"chmod 700 {shlex.quote(str(folder))}")
    return Finding("data-folder", True, f"{folder} is its owner's alone.")


def private_files(ward: Ward) -> Iterator[Finding]:
    """Check that secrets, settings, keys and databases are readable only by the service's account."""
    owner = ward.folder.stat().st_uid if ward.folder.is_dir() else os.geteuid()
    bad = 0
    for path in _private(ward):
        state = path.stat()
        if stat.S_IMODE(state.st_mode) & 0o077:
            bad += 1
            mend = f"chmod 600 {shlex.quote(str(path))}"
            yield Finding("private-files", False, f"Others on this machine can read {path}.", mend, path.name)
        elif state.st_uid != owner:
            bad += 1
            mend = f"chown {owner} {shlex.quote(str(path))}"
            said = f"{path} belongs to another account than the data folder."
            yield Finding("private-files", False, said, mend, path.name)
    if not bad:
        yield Finding("private-files", True, "Secrets, keys and databases are their owner's alone.")


def _private(ward: Ward) -> list[Path]:
    names = (REMEMBERED_FILE, *SECRET_FILES.values())
    urls = (ward.settings.database_url, ward.settings.jobs_database_url)
    files = [Path(unquote(url.partition(":///")[2])) for url in urls if url.startswith("sqlite:")]
    found = [*(ward.folder / name for name in names), *sorted(ward.settings.keys_dir.glob("*.pem")), *files]
    return [path for path in found if path.is_file()]


def contexts(ward: Ward) -> Iterator[Finding]:
    """Check the pinned contexts by today's rules: an earlier release may have pinned what is refused now."""
    refused = list(pins_of(ward.folder).refused(ward.services.canonizer.contexts))
    for pin, reason in refused:
        said = f"The pinned context {pin.url} would not be pinned today: {reason}."
        mend = f"credserv contexts remove {shlex.quote(pin.url)}"
        yield Finding("contexts", False, said, mend, pin.url)
    if not refused:
        yield Finding("contexts", True, "Every pinned context is as it was pinned, and keeps today's rules.")


def disk(ward: Ward) -> Finding:
    free = shutil.disk_usage(ward.folder).free // _MEGABYTE
    if free < ward.settings.min_free_megabytes:
        said = f"{free} MB are free where {ward.folder} is: make room, before nothing can be issued."
        return Finding("disk", False, said, f"df -h {shlex.quote(str(ward.folder))}")
    return Finding("disk", True, f"{free} MB are free.")
