"""The API of what is looked at again: audits and appeals. For clients with a key."""
