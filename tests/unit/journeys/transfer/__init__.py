"""Tests of what people bring along and take away."""
