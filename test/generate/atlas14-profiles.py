"""Profiles as atlas-python 0.14.0 writes them, and a store of a thousand, which has no answers beside it."""

from support.atlas_profiles import write_profiles, write_thousand

write_profiles("atlas14")
write_thousand("atlas14")
