"""ATLAS directory stores as atlas-python 0.14.0 writes them: every codec, every form of the metadata."""

from support.atlas_stores import write_again, write_all, write_attributes, write_names

FORMS = [
    ("none", "json", "none"), ("zstd", "msgpack", "none"), ("lz4", "json", "zstd"),
    ("zstd", "json", "lz4"), ("zstd", "msgpack", "zstd"), ("zstd", "msgpack", "lz4"),
]
write_all("atlas14", FORMS)
write_again("atlas14")
write_names("atlas14")
write_attributes("atlas14")
