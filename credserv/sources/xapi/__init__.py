"""xAPI 1.0.3 and 2.0, and its uses: cmi5, Moodle's logstore, Open edX, Brightspace Data Streams.

The learner is the actor, except in Brightspace's awards (`issuedUserId`), and never the authority, the
instructor or the team. A group is nobody.
"""

from __future__ import annotations

from credserv.ground.errors import InputError
from credserv.sources.adapter import Adapter, Answer, Message, Outcome, Reading
from credserv.sources.xapi.options import require_options
from credserv.sources.xapi.reading import list_ids, read_message


def answer(message: Message, reading: Reading | None, outcome: Outcome) -> Answer:
    """Answer as xAPI clients expect (part three, 2.1.2): 200 and the ids, in message order."""
    if outcome is Outcome.CONFLICT:
        return Answer(409, {"error": "a statement with this id is here already, and says something else"})
    if reading is None or outcome is Outcome.UNREADABLE:
        return Answer(400, {"error": "no xAPI statement could be read; the message is kept"})
    try:
        return Answer(200, list_ids(message))
    except InputError as error:
        return Answer(400, {"error": error.detail})


ADAPTER = Adapter("xapi", 1, read_message, answer, require_options)
