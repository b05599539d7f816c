"""Events and orders become credentials."""
