"""Pages set by typst in a process of its own, with little time and bounded memory (`typesetting.py`)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from credserv.carriers.reader_process import read_apart
from credserv.ground.errors import UnavailableError, UnreadFileError


def typeset(form: str, words: Mapping[str, str], files: Mapping[str, bytes]) -> bytes:
    """Return the page of one form. Raises UnavailableError when it cannot be set now.

    Args:
        words: text, never markup.
    """
    coded = {name: base64.b64encode(content).decode() for name, content in files.items()}
    given = json.dumps({"form": form, "words": words, "files": coded}).encode()
    try:
        return base64.b64decode(read_apart("typesetting.py", given, what=form)["made"])
    except UnreadFileError as error:
        raise UnavailableError(f"the {form} cannot be made at the moment; try again") from error
