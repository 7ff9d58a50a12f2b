"""ATLAS containers as atlas-python 0.16.4 writes them."""

from support.atlas_containers import write_all

write_all("atlas164", ("none", "lz4", "zstd"))
