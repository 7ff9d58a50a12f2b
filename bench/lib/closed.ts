/** The closed interval of indices from the first up to the one before the end; rasters here have no labels. @module */

export function closed([first, end]: readonly [number, number]): [number, number] {
  return [first, end - 1];
}
