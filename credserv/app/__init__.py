"""The composition root: settings, installation, services, the WSGI application."""
