"""`credserv simulate`: an event log played through the API of a service that exists for it alone."""
