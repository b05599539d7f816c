"""Systems that events come from, and systems that are notified."""
