"""Awards in bulk: rows of a file read, checked, and issued by the worker; awards that move in."""
