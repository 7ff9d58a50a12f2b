"""ATLAS directory stores as atlas-python 0.10.0 writes them."""

from support.atlas_stores import write_all

write_all("atlas10")
