"""Define what can be earned: achievements, their rules, pictures, translations and skills."""
