"""What is sent and in which words: webhooks and letters; the console's third room."""
