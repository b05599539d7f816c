"""What can be earned: achievements, frameworks, pathways, programmes, rules."""
