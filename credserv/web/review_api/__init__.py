"""The API of reviews: audits and appeals. For clients with a key."""
