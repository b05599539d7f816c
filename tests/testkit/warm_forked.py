"""Imported by the server that tests fork processes from: what it shares is theirs from their start."""

from __future__ import annotations

from tests.testkit.warm import share_what_is_compiled

share_what_is_compiled()
