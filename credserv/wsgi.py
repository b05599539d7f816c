"""What a WSGI server loads: the application, set by the environment (`CREDSERV_*`)."""

from __future__ import annotations

import gc
import os

from credserv.app.factory import create_app
from credserv.app.logs import configure_logging
from credserv.app.settings import Settings
from credserv.app.traces import begin_to_trace
from credserv.processes.conformance import create_conformance_app

settings = Settings.from_env(os.environ)
configure_logging(form=settings.log_format)
begin_to_trace(settings, "web")
app = create_conformance_app(settings) if settings.test_issuer else create_app(settings)
# Contexts, schemas and code stay as long as the process: collections need not walk them again and again.
gc.collect()
gc.freeze()
