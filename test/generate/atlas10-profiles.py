"""Profiles as atlas-python 0.10.0 writes them."""

from support.atlas_profiles import write_profiles

write_profiles("atlas10")
