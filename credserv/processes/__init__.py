"""What runs: command line, supervisor, worker, demonstration."""
