"""The foundation of all other packages: errors, strict reading, encodings, addresses. No I/O."""
