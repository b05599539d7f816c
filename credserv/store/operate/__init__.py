"""Organisations as their operator sees them: health, retention, erasure, moving."""
