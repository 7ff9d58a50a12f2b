"""Packed data in directory stores, as atlas-python 0.14.0 writes and xarray decodes them."""

from support.atlas_packed import write_directory, write_mixed

write_directory("atlas14")
write_mixed("atlas14")
