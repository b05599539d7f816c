"""What came of it: figures, their intervals, and what of them may be published. Pure; scipy is imported here
alone, and only by who computes (the worker and commands): the web reads what was stored."""
