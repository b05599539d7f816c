"""Letters and reminders that are due."""
