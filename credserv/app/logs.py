"""The log of our own and libraries' lines on standard error: text for people, or one JSON object a line.

What could identify or admit a person is removed from every line, wherever it came from: tokens, API keys,
webhook secrets, e-mail addresses (attacks 78 and 103). The access log also names only the route and harmless
parts of the address, never the query.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from credserv.ground.request_ids import current_request

Writer = Callable[[Mapping[str, Any]], str]

_STRUCK = "[struck out]"
_SECRETS = re.compile(
    r"csk_[A-Za-z0-9_-]{4,}"
    r"|whsec_[A-Za-z0-9+/=_-]{4,}"
    r"|(?<=/wallet/open/)[A-Za-z0-9_-]+|(?<=/console/open/)[A-Za-z0-9_-]+|(?<=/shares/)[A-Za-z0-9_-]+"
    r"|(?<=://)[^\s/@]+:[^\s/@]+(?=@)"
    r"|(?i:(?<=bearer )\S+)"
    r"|[^\s@<>\"'(),:;=/\[\]]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
)
_MAX_CHARS = 20_000
_HARMLESS = (bool, int, float)
_FIRST = ("timestamp", "level", "logger", "event", "exception")
_CHATTY = ("alembic", "dbos", "flask_wtf.csrf")  # their everyday lines do not help an operator


def configure_logging(*, form: str = "json", level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send all logging of this process to `stream` (by default standard error), replacing an earlier call's.

    Args:
        form: `json` or `text`.
    """
    write = _write_text if form == "text" else _write_json
    shared: list[structlog.typing.Processor] = [
        _name_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = _Formatter(
        write,
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, strike_out, _renderer(write)],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    # No line shows these, so they are not collected (logging's HOWTO, "Optimization").
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Formats lines; `write` makes text from a line's members."""

    def __init__(self, write: Writer, **options: Any) -> None:
        super().__init__(**options)
        self._write = write

    def format(self, record: logging.LogRecord) -> str:
        """Format a record. One that carries the members of its line (`line`) skips the chain of processors.

        That is ten times as fast. Secrets are removed either way.
        """
        line: Mapping[str, Any] | None = getattr(record, "line", None)
        if line is None:
            return super().format(record)
        told = {name: _clean(value) for name, value in line.items()}
        written = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        about = {"level": record.levelname.lower(), "logger": record.name, "timestamp": written}
        return self._write({**told, "event": record.getMessage(), **about})


def _renderer(write: Writer) -> structlog.typing.Processor:
    return lambda _logger, _method, event: write(event)


def _name_request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the request that a line is written for, where there is one."""
    found = current_request.get()
    if found:
        event.setdefault("request_id", found)
    return event


def _write_json(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=True, default=str)


def _write_text(event: Mapping[str, Any]) -> str:
    """Return `TIMESTAMP level logger event name=value …`, followed by an indented traceback.

    A line that begins at the margin is always ours, whatever a value contains (attack 112).
    """
    rest = {name: value for name, value in event.items() if name not in _FIRST}
    head = " ".join(_plain(event[name]) for name in _FIRST[:-1] if name in event)
    below = "".join(f"\n    {_plain(line)}" for line in str(event.get("exception", "")).splitlines())
    return " ".join([head, *(f"{name}={_plain(value, quoted=True)}" for name, value in rest.items())]) + below


def _plain(value: Any, *, quoted: bool = False) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    bare = text.isprintable() and not (quoted and isinstance(value, str) and (" " in text or not text))
    return text if bare else json.dumps(text)


def strike_out(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Remove secrets and addresses from every value of a line."""
    return {name: _clean(value) for name, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _strike(value[:_MAX_CHARS])
    if value is None or isinstance(value, _HARMLESS):
        return value
    if isinstance(value, Mapping):
        return {str(name): _clean(below) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(below) for below in value]
    return _strike(str(value)[:_MAX_CHARS])


def _strike(text: str) -> str:
    """Remove them from a text. Most texts cannot contain a secret and skip the full search."""
    low = text.lower()
    may_hold = "@" in low or "csk_" in low or "whsec_" in low or "/open/" in low or "/shares/" in low
    return _SECRETS.sub(_STRUCK, text) if may_hold or "bearer " in low else text
