"""ATLAS containers as atlas-python 0.17.2 writes them."""

from support.atlas_containers import write_all

write_all("atlas172", ("none", "lz4", "zstd"))
