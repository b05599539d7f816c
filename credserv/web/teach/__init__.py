"""What is earned and how: frameworks, rules, bulk; the second room of the console."""
