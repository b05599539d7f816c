"""SoftHSM 2: a token for signing keys whose hardware is a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_FOLDERS = ("/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/local/lib/softhsm")
_PATHS = [Path(one, "libsofthsm2.so") for one in _FOLDERS]
MODULE = next((path for path in _PATHS if path.is_file()), Path("/nowhere"))
IS_INSTALLED = MODULE.is_file() and shutil.which("softhsm2-util") is not None
TOKENS = "tokens"


def init_token(folder: Path, label: str, pin: str) -> Path:
    """Makes a token in `folder` / TOKENS. Returns what SOFTHSM2_CONF has to name where it is used."""
    tokens, conf = folder / TOKENS, folder / "softhsm2.conf"
    tokens.mkdir()
    conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin]
    environ = os.environ | {"SOFTHSM2_CONF": str(conf)}
    subprocess.run([*command, "--so-pin", "12345678"], check=True, capture_output=True, env=environ)
    return conf
