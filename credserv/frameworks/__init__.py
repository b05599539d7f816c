"""Competency frameworks: one file for each published format, each producing the same items. Pure."""
