"""Writes a raster of float32 numbers as a Cloud Optimized GeoTIFF: cog.py <raw file> <side> <tile> <output>"""

import sys
import warnings

import numpy as np
import rasterio
import rasterio.errors
from rasterio.shutil import copy
from rasterio.io import MemoryFile

raw, side, tile, output = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
values = np.fromfile(raw, "<f4").reshape(side, side)
profile = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "float32"}
warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
with MemoryFile() as memory:
    with memory.open(**profile) as plain:
        plain.write(values, 1)
    with memory.open() as plain:
        copy(plain, output, driver="COG", compress="ZSTD", level=3, predictor="NO", blocksize=tile, overviews="NONE")
