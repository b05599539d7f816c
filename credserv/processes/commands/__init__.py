"""The administrator's commands, one file per subject; `credserv/processes/cli.py` collects them."""
