/**
 * The public exports of the one module. Each line names the file that owns the kernel; the host
 * (`src/kernel/kernel.ts`) lays out memory from `heap_base()` upwards and hands in pointers.
 */

/** First byte after the static data: where the host's regions may begin. */
export function heap_base(): usize {
  return __heap_base;
}

export * from "./checksum";
export { inflate_raw } from "./inflate";
export { inflate_zlib } from "./zlib";
export { inflate_gzip } from "./gzip";
export { bzip2_decode, bzip2_work_bytes } from "./bzip2";
export { lz4_decode } from "./lz4";
export { blosclz_decode } from "./blosclz";
export { snappy_decode, snappy_decoded_size } from "./snappy";
export { unshuffle } from "./shuffle";
export { bitunshuffle } from "./bitshuffle";
export { blosc_decode, blosc_decoded_size } from "./blosc";
export { zstd_decode, zstd_frame_content_size, zstd_set_dictionary } from "./zstd";
export { xxh64 } from "./xxh64";

export { filter_begin, filter_f32, filter_f64, filter_integers, filter_rows } from "./box";
export { double_delta_decode, sum_floats, sum_integers, widen_integers } from "./delta";
export { gather_component, gather_rows } from "./gather";
export { clamp_bools, swap_bytes, widen_halves } from "./numbers";
export { filter_polygon } from "./polygon";
