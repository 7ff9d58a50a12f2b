"""Profiles in a container, as atlas-python 0.16.0 writes it."""

from support.atlas_profile_containers import write_profiles

write_profiles("atlas160")
