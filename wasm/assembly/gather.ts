/**
 * Rows by number: whole rows, or single components put beside each other. Row numbers are u32; the host has checked that
 * each row exists.
 */

/** Up to this many bytes, a row is moved in whole vectors, and what they carry too much is overwritten by the next row. */
const VECTOR_ROW: usize = 32;

/** Writes the rows of `rowBytes` each, one behind the other; up to 31 bytes past the last are written too. */
export function gather_rows(values: usize, rowBytes: usize, numbers: usize, count: usize, out: usize): void {
  const end = numbers + (count << 2);
  if (rowBytes == 4) {
    for (; numbers < end; numbers += 4, out += 4) store<u32>(out, load<u32>(values + (<usize>load<u32>(numbers) << 2)));
    return;
  }
  if (rowBytes == 8) {
    for (; numbers < end; numbers += 4, out += 8) store<u64>(out, load<u64>(values + (<usize>load<u32>(numbers) << 3)));
    return;
  }
  if (rowBytes <= 16) {
    for (; numbers < end; numbers += 4, out += rowBytes) {
      v128.store(out, v128.load(values + <usize>load<u32>(numbers) * rowBytes));
    }
    return;
  }
  for (; numbers < end; numbers += 4, out += rowBytes) {
    const from = values + <usize>load<u32>(numbers) * rowBytes;
    if (rowBytes > VECTOR_ROW) memory.copy(out, from, rowBytes);
    else {
      v128.store(out, v128.load(from));
      v128.store(out, v128.load(from, 16), 16);
    }
  }
}

// @ts-ignore: decorator
@inline function gatherNumbers<T>(
  values: usize, stride: usize, numbers: usize, count: usize, out: usize, outStride: usize,
): void {
  if (numbers == 0) {
    for (; count > 0; count--, values += stride, out += outStride) store<T>(out, load<T>(values));
    return;
  }
  for (const end = numbers + (count << 2); numbers < end; numbers += 4, out += outStride) {
    store<T>(out, load<T>(values + <usize>load<u32>(numbers) * stride));
  }
}

/**
 * Writes one number of `size` bytes of each row of `numbers`, or of the first `count` rows when that is 0; `stride` and
 * `outStride` are bytes from one row to the next.
 */
export function gather_component(
  size: u32, values: usize, stride: usize, numbers: usize, count: usize, out: usize, outStride: usize,
): void {
  if (size == 1) gatherNumbers<u8>(values, stride, numbers, count, out, outStride);
  else if (size == 2) gatherNumbers<u16>(values, stride, numbers, count, out, outStride);
  else if (size == 4) gatherNumbers<u32>(values, stride, numbers, count, out, outStride);
  else gatherNumbers<u64>(values, stride, numbers, count, out, outStride);
}
