"""Rows told apart from others by how many there are, and a sum and an exclusive or of a hash of each, whatever their order."""

import numpy as np


def words_of(column):
    """A column of numbers as columns of 32 bits, the lower half of 64 first."""
    column = np.ascontiguousarray(column)
    if column.dtype.itemsize < 4:
        return [column.astype("u4")]
    return list(column.view("<u4").reshape(len(column), -1).T)


def checksum(*columns):
    """As `rowsChecksum` of lib/checksum.ts."""
    hashes = np.zeros(len(columns[0]), "u4")
    for word in [word for column in columns for word in words_of(column)]:
        hashes = (hashes ^ word) * np.uint32(0x9E3779B1)
        hashes ^= hashes >> np.uint32(15)
    total, mixed = int(hashes.sum(dtype="u4")), int(np.bitwise_xor.reduce(hashes))
    return f"{len(hashes)} rows {total:08x} {mixed:08x}"
