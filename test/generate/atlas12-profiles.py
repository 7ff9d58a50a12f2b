"""Profiles as atlas-python 0.12.0 writes them."""

from support.atlas_profiles import write_profiles

write_profiles("atlas12", "lz4")
