"""The WSGI application where deployers look for it: `gunicorn wsgi:app` from a checkout."""

from credserv.wsgi import app

__all__ = ["app"]
