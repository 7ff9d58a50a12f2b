"""Profiles as atlas-python 0.13.1 writes them."""

from support.atlas_profiles import write_profiles

write_profiles("atlas13", "none")
