"""The checks of the recipe, one file each."""
