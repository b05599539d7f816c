"""Tests of the rules of accreditation."""
