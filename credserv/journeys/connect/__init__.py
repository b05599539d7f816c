"""Connect learning systems that send events, and systems that receive ours."""
