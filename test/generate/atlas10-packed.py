"""Packed data in a directory store, as atlas-python 0.10.0 writes and xarray decodes them."""

from support.atlas_packed import write_directory

write_directory("atlas10", durations=False)
