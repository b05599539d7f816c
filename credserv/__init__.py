"""credserv: an open-standards service that turns proven competence into credentials people keep."""

__version__ = "0.1.0"
