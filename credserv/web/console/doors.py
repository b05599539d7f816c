"""The doors of the console: `console_door` where an administrator has to be signed in, `threshold` before."""

from __future__ import annotations

from functools import partial

from credserv.records.access import SessionKind
from credserv.web.frame.door import door

threshold = partial(door, form=True, private=True)
console_door = partial(threshold, session=SessionKind.ADMINISTRATOR)
