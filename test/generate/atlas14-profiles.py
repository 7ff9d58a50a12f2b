"""Profiles as atlas-python 0.14.0 writes them, and stores that have no answers beside them: their values tell where they belong."""

from support.atlas_profiles import write_deep, write_labels, write_profiles, write_thousand

write_profiles("atlas14")
write_thousand("atlas14")
write_labels("atlas14")
write_deep("atlas14")
