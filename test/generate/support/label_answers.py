"""Expected answers of queries through coordinates of any kind: which cells, their labels, their values."""

import numpy as np

from .answers import Answers, versions
from .zarr_answers import same


def plain(array):
    """The numbers in the machine's byte order."""
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder("="))


class GridAnswers:
    """Collects the queries of one store of the folder `grids`."""

    def __init__(self, name, path, zarr_format, packages, about=None):
        self.answers = Answers(
            "grids", name, path, format="grids", formatVersion=str(zarr_format),
            generator=versions(*packages), **({"about": about} if about else {}),
        )
        self.answers.document["queries"] = []
        self.answers.document["sources"] = {}

    def source(self, name, **described):
        """What the source of a name tells when it is opened."""
        self.answers.document["sources"][name] = described

    def query(self, name, source, query, *, values, axes, indices, reference=None, mask=None, coordinates=None):
        """One query and its answer.

        `values` is the whole array as it must be returned, `indices` the cells taken along each axis, `axes` their
        (name, labels) or (name, labels, extras); `reference` is what another package selected, and must be the same.
        """
        data = plain(values)[np.ix_(*indices)]
        if reference is not None and not same(plain(reference), data):
            raise AssertionError(f"{name}: the reference selects {np.shape(reference)}, the rule {data.shape}")
        self.answers.document["queries"].append({
            "name": name,
            "source": source,
            "query": query,
            "axes": [self.axis(*axis) for axis in axes],
            "data": self.answers.values(data),
            **({} if mask is None else {"mask": self.answers.values(np.asarray(mask, dtype="uint8"))}),
            **({} if coordinates is None else
               {"coordinates": {key: self.answers.values(plain(value)) for key, value in coordinates.items()}}),
        })

    def axis(self, name, labels, extras=None):
        return {"name": name, **(extras or {}), **({} if labels is None else {"values": self.answers.values(plain(labels))})}

    def save(self):
        self.answers.save()


def inside(labels, low, high):
    """Indices of the labels in a closed interval; float32 labels are widened."""
    labels = np.asarray(labels)
    wide = labels.astype("float64") if labels.dtype.kind == "f" else labels
    return np.flatnonzero((wide >= low) & (wide <= high))


def whole(length):
    return np.arange(length)
