/**
 * What a kernel says when it cannot finish: a negative number in place of the length it wrote.
 * `src/kernel/errors.ts` turns each into words; the two lists must agree.
 */

/** The input ended before the data did. */
export const TRUNCATED: i32 = -1;
/** The input breaks a rule of its format. */
export const CORRUPT: i32 = -2;
/** The decoded data would not fit into `out_cap`. */
export const OVERFLOW: i32 = -3;
/** A checksum stored in the input differs from the one computed. */
export const CHECKSUM: i32 = -4;
/** The input may be valid, but uses something this kernel refuses. */
export const UNSUPPORTED: i32 = -5;
/** The input needs a dictionary that was not given. */
export const DICTIONARY: i32 = -6;
/** The input does not begin as its format does. */
export const BAD_MAGIC: i32 = -7;
