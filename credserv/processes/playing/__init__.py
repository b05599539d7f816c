"""`credserv simulate`: an event log played through the API of a temporary service."""
