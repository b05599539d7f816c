"""The API of outcomes: send facts about people, read figures about groups. For clients with a key."""
