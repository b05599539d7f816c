"""credserv: an open-standards service that issues and verifies Open Badges 3.0 credentials."""

__version__ = "0.1.0"
