"""An installation and its organisations are run."""
