"""Competency frameworks: one file per published format, each to the same items. Pure."""
