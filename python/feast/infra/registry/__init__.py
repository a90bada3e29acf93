"""Import paths of upstream's registry package."""
