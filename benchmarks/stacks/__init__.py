"""What is measured: each stack is one process that answers lines of JSON (`line`), ours like all others."""
