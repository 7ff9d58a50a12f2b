"""ATLAS containers as atlas-python 0.17.0 writes them."""

from support.atlas_containers import write_all

write_all("atlas170")
