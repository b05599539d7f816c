"""Notifications to systemd from a service of `Type=notify` (sd_notify(3)): one datagram for each change."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping

PLACE = "NOTIFY_SOCKET"
READY, STOPPING = "READY=1", "STOPPING=1"

logger = logging.getLogger(__name__)


def notify(state: str, environ: Mapping[str, str]) -> None:
    """Send a state, if systemd asked for it. A failure to send stops nothing."""
    place = environ.get(PLACE)
    if not place:
        return
    address = f"\0{place[1:]}" if place.startswith("@") else place  # an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.connect(address)
            told.send(state.encode())
    except OSError as error:
        logger.warning("systemd was not told %s: %s", state, error.strerror or error)
