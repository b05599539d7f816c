"""Open Badges 2.0: assertions, badge classes and profiles as values and rules. No I/O."""
