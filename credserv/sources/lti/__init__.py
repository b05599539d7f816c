"""LTI 1.3: one file each for reading, launches, a platform's services, and registration."""

from __future__ import annotations

from credserv.sources.adapter import Adapter
from credserv.sources.lti.reading import answer, read_message
from credserv.sources.lti.settings import require_options

ADAPTER = Adapter("lti", 1, read_message, answer, require_options)
