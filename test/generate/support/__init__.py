"""Helpers of the fixture scripts. Importing it makes gzip streams the same on every run."""

import functools
import gzip
import types

try:
    import numcodecs.gzip
except ModuleNotFoundError:  # the environments of other formats do without
    pass
else:
    # The gzip header holds the time of writing; without this every run would change every gzip fixture.
    numcodecs.gzip._gzip = types.SimpleNamespace(GzipFile=functools.partial(gzip.GzipFile, mtime=0))
