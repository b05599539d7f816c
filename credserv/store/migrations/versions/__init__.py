"""One file for each migration; none is changed once it was released."""
