"""What goes out and in which words: webhooks and letters; the third room of the console."""
