"""The administrator's commands, one file per subject; `credserv/cli.py` gathers them."""
