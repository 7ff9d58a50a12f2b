"""One made forest for the demo: ground on a slope, and the crowns that stand on it in two years."""

import numpy as np

WEST, SOUTH, SIZE = 308_000.0, 4_688_000.0, 400.0


def stands():
    """Trees of each year, as x, y, radius and height; a fifth of them is gone in the second year, the others have grown."""
    rng = np.random.default_rng(70)
    trees = np.column_stack([rng.uniform(0, SIZE, (260, 2)), rng.uniform(4, 10, 260), rng.uniform(9, 28, 260)])
    return [(2019, trees), (2021, trees[52:] * [1, 1, 1.05, 1.06])]


def ground_height(x, y):
    return 320 + x / 16 + 6 * np.sin(x / 60) * np.cos(y / 75)


def crown_height(x, y, trees):
    """Of the highest crown over each place, in metres above the ground; 0 where there is none."""
    height = np.zeros(np.shape(x))
    for tx, ty, radius, top in trees:
        away = np.hypot(x - tx, y - ty) / radius
        crown = top * np.sqrt(np.clip(1 - away**2, 0, None)) * 0.6 + top * 0.4
        height = np.where(away < 1, np.maximum(height, crown), height)
    return height
