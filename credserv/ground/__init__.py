"""What everything stands on: errors, strict reading, encodings, addresses. No I/O."""
