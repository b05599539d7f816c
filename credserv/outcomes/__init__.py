"""Outcomes: figures, their intervals, and what of them may be published.

Pure. Only this package imports scipy, and only where something is computed (the worker and commands); the web
reads stored results.
"""
