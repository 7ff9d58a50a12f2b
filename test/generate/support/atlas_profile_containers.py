"""The profiles of the directory stores in a container: what they hold is what `atlas14-profiles` answers."""

from atlas._atlas import AtlasWriter

from .answers import fresh_store
from .atlas_casts import add_profiles


class Writer:
    """Datasets one after another, as a container takes them."""

    def __init__(self, path, codec):
        # Small blocks, so that profiles lie in several.
        self.writer = AtlasWriter.create(str(path), codec, 256)
        self.open = None

    def create_dataset(self, name):
        self.finish_dataset()
        self.open = self.writer.add_dataset(name)
        return self.open

    def finish_dataset(self):
        if self.open is not None:
            self.open.finish()

    def finish(self):
        self.finish_dataset()
        self.writer.finish()


def write_profiles(prefix, codec="zstd"):
    writer = Writer(fresh_store("atlas-profiles", f"{prefix}-profiles", ".atlas"), codec)
    for _ in add_profiles(writer):
        pass
    writer.finish()
