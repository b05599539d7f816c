"""What can be earned and how: frameworks, rules, bulk; the console's second room."""
