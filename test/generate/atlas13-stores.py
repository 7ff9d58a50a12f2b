"""ATLAS directory stores as atlas-python 0.13.1 writes them."""

from support.atlas_stores import write_all, write_attributes

write_all("atlas13")
write_attributes("atlas13")
