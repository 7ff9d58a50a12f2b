/**
 * The literals section of a compressed block (RFC 8878 §3.1.1.3.1): bytes as they are, one byte
 * repeated, or Huffman-coded with a new tree or the one before.
 */
import { CORRUPT, OVERFLOW } from "./errors";
import { SINGLE_TABLE_BYTES, readTree } from "./zstd-huffman";
import { decodeFourStreams, decodeOneStream } from "./zstd-huffman-streams";

const RAW: u32 = 0;
const RLE: u32 = 1;
const COMPRESSED: u32 = 2;

const MAX_LITERALS: u32 = 128 * 1024;
/** How far copies in steps of 16 bytes read past the last literal. */
const COPY_SLACK: u32 = 32;

const LITERALS: usize = memory.data(131072 + 64, 64);
const OWN_TREE: usize = memory.data(<i32>SINGLE_TABLE_BYTES, 64);

/** Set by `readLiterals`. They may lie in the input, so that stored literals are copied once only. */
export let literalsStart: usize = 0;
export let literalsLength: u32 = 0;

/** The tree that treeless literals use; 0 for none. */
let currentTree: usize = 0;

/** Begins a frame with the tree of its dictionary, or with none (0). */
export function resetLiterals(tree: usize): void {
  currentTree = tree;
}

/**
 * Reads the section at the beginning of the block [start, end) and returns how many bytes it took, or
 * an error. When nothing follows but "no sequences", the literals are the block: they are decoded
 * straight to `out`, which has room for `capacity` bytes.
 */
export function readLiterals(start: usize, end: usize, out: usize, capacity: u32): i32 {
  const available = <u32>(end - start);
  if (available < 1) return CORRUPT;
  const first = <u32>load<u8>(start);
  const type = first & 3;
  const format = (first >> 2) & 3;
  if (type >= COMPRESSED) return readCompressed(start, end, type, format, out, capacity);

  // One byte with 5 bits of length (formats 0 and 2), two with 12, or three with 20.
  const headerLength: u32 = format & 1 ? (format >> 1) + 2 : 1;
  if (available < headerLength) return CORRUPT;
  const header = load<u32>(start);
  const length = format & 1 ? (header >> 4) & (format == 1 ? 0xfff : 0xfffff) : (header & 255) >> 3;
  if (length > MAX_LITERALS) return CORRUPT;
  literalsLength = length;
  const payload = start + headerLength;
  if (type == RAW) {
    if (length > available - headerLength) return CORRUPT;
    literalsStart = payload;
    return <i32>(headerLength + length);
  }
  if (available < headerLength + 1) return CORRUPT;
  memory.fill(LITERALS, load<u8>(payload), length + COPY_SLACK);
  literalsStart = LITERALS;
  return <i32>(headerLength + 1);
}

function readCompressed(start: usize, end: usize, type: u32, format: u32, out: usize, capacity: u32): i32 {
  // Two lengths of 10 bits (formats 0 and 1), of 14, or of 18, after the four bits of type and format.
  const headerLength: u32 = format < 2 ? 3 : format + 2;
  const lengthBits: u64 = format < 2 ? 10 : 6 + (<u64>format << 2);
  const available = <u32>(end - start);
  if (available < headerLength) return CORRUPT;
  const header = load<u64>(start) >> 4;
  const mask = (<u64>1 << lengthBits) - 1;
  const length = <u32>(header & mask);
  const compressedLength = <u32>((header >> lengthBits) & mask);
  if (length > MAX_LITERALS || compressedLength > available - headerLength) return CORRUPT;

  let payload = start + headerLength;
  const payloadEnd = payload + compressedLength;
  if (type == COMPRESSED) {
    const treeLength = readTree(payload, payloadEnd, OWN_TREE);
    if (treeLength < 0) return treeLength;
    payload += treeLength;
    currentTree = OWN_TREE;
  } else if (currentTree == 0) {
    return CORRUPT;
  }

  let target = LITERALS;
  if (payloadEnd + 1 == end && load<u8>(payloadEnd) == 0) {
    if (length > capacity) return OVERFLOW;
    target = out;
  }
  literalsStart = target;
  literalsLength = length;
  const error =
    format == 0
      ? decodeOneStream(currentTree, payload, payloadEnd, target, length)
      : decodeFourStreams(currentTree, payload, payloadEnd, target, length);
  return error < 0 ? error : <i32>(headerLength + compressedLength);
}
