"""The demo's profiles, as atlas-python 0.14.0 writes them."""

from support.atlas_demo import write_demo

write_demo()
