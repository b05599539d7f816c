"""Awards in bulk: read and check the rows of a file, let the worker issue them, and
move in awards from elsewhere.
"""
