"""Letters and webhooks leave."""
