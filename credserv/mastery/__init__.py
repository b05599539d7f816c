"""Mastery as data: three-valued rules over observations, and pathways. Pure: no store, clock or network."""
