"""From JSON-LD to canonical quads: pinned contexts, compiled terms, templates."""
