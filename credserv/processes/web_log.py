"""gunicorn's own lines in the format of all others: `--logger-class credserv.processes.web_log.WebLog`."""

from __future__ import annotations

import os

from gunicorn.config import Config
from gunicorn.glogging import Logger

from credserv.app.logs import configure_logging
from credserv.app.variables import PREFIX


class WebLog(Logger):  # type: ignore[misc]  # the library has no types
    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        configure_logging(form=os.environ.get(f"{PREFIX}LOG_FORMAT") or "text")
