"""What a WSGI server loads: the application, set by the environment (`CREDSERV_*`)."""

from __future__ import annotations

import gc
import os

from credserv.app.factory import create_app
from credserv.app.logs import configure_logging
from credserv.app.settings import Settings

configure_logging()
app = create_app(Settings.from_env(os.environ))
# Contexts, schemas and code stay as long as the process: collections need not walk them again and again.
gc.collect()
gc.freeze()
