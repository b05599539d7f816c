"""Mastery as data: rules over observations, three-valued, and pathways. Pure: no store, clock or network."""
