"""What is asked of a system on a schedule: what got lost on its way here, or a file that it has."""
