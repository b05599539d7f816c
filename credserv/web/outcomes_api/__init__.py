"""The API of what became of people: facts that are told, and figures of groups. For clients with a key."""
