"""Packed data in a container, as atlas-python 0.17.2 writes and xarray decodes them."""

from support.atlas_packed import write_container

write_container("atlas172")
