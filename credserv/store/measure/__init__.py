"""Facts and figures about outcomes."""
