"""What a WSGI server loads: the application, set by the environment (`CREDSERV_*`)."""

from __future__ import annotations

import gc
import os
import sys

from credserv.app.factory import create_app
from credserv.app.logs import configure_logging
from credserv.app.settings import Settings
from credserv.app.traces import begin_to_trace
from credserv.processes.conformance import create_conformance_app

# How long a thread that computes keeps the others waiting: with the usual five milliseconds, who only reads a
# page waits seconds beside sixteen threads that verify (`python -m benchmarks.crowded`).
sys.setswitchinterval(0.0001)
settings = Settings.from_env(os.environ)
configure_logging(form=settings.log_format)
begin_to_trace(settings, "web")
app = create_conformance_app(settings) if settings.test_issuer else create_app(settings)
# Contexts, schemas and code stay as long as the process: collections need not walk them again and again.
gc.collect()
gc.freeze()
