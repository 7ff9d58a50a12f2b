"""ATLAS directory stores as atlas-python 0.12.0 writes them."""

from support.atlas_stores import write_all, write_attributes

write_all("atlas12")
write_attributes("atlas12")
