"""From an event, an order or a file to a badge."""
