"""`credserv doctor`: what is examined in an installation, and the remedy for each fault."""
