"""Figures about groups, recounted by hand."""
