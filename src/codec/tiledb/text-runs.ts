/**
 * RLE and DICTIONARY of variable-length text, which carry the offsets of the cells in the data
 * (tiledb/sm/compressors/{rle,dict}_compressor.h; numbers in them are big-endian).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import type { Ragged } from "../../bytes/ragged.js";
import { type ChunkBytes, corruptChunk, type FilterContext } from "./types.js";

interface Header {
  readonly metadata: ByteCursor;
  readonly cells: number;
  readonly textBytes: number;
}

function readHeader(filter: string, { metadata }: ChunkBytes, { limit }: FilterContext): Header {
  const header = new ByteCursor(metadata, filter);
  if (header.u32() !== 0 || header.u32() !== 1) throw corruptChunk(filter, "text is expected in one part");
  const textBytes = header.u32();
  header.u32();
  const cells = header.u32() / 8;
  if (!Number.isInteger(cells) || textBytes > limit || cells * 8 > limit) {
    throw corruptChunk(filter, `promises ${cells} cells of ${textBytes} bytes`);
  }
  return { metadata: header, cells, textBytes };
}

/** Runs of equal texts. */
export function decodeTextRuns(chunk: ChunkBytes, context: FilterContext): Ragged {
  const { metadata, cells, textBytes } = readHeader("RLE", chunk, context);
  const [runBytes, lengthBytes] = [metadata.u8(), metadata.u8()];
  const output = new TextWriter("RLE", cells, textBytes);
  const input = new ByteCursor(chunk.data, "RLE");
  while (input.left > 0) {
    const run = readBigEndian(input, runBytes);
    const text = input.bytes(readBigEndian(input, lengthBytes));
    output.add(text, run);
  }
  return output.finish();
}

/** A dictionary, then one id per cell. */
export function decodeDictionary(chunk: ChunkBytes, context: FilterContext): Ragged {
  const { metadata, cells, textBytes } = readHeader("DICTIONARY", chunk, context);
  const [idBytes, lengthBytes] = [metadata.u8(), metadata.u8()];
  const entries = new ByteCursor(metadata.bytes(metadata.u32()), "DICTIONARY");
  const dictionary: Uint8Array[] = [];
  while (entries.left > 0) dictionary.push(entries.bytes(readBigEndian(entries, lengthBytes)));
  const output = new TextWriter("DICTIONARY", cells, textBytes);
  const input = new ByteCursor(chunk.data, "DICTIONARY");
  for (let cell = 0; cell < cells; cell++) {
    const text = dictionary[readBigEndian(input, idBytes)];
    if (text === undefined) throw corruptChunk("DICTIONARY", "a cell names an entry that is not there");
    output.add(text, 1);
  }
  return output.finish();
}

/** Writes texts one after another into room of a known size. */
class TextWriter {
  readonly #filter: string;
  readonly #offsets: Uint32Array;
  readonly #text: Uint8Array;
  #cell = 0;
  #at = 0;

  constructor(filter: string, cells: number, textBytes: number) {
    this.#filter = filter;
    this.#offsets = new Uint32Array(cells + 1);
    this.#text = new Uint8Array(textBytes);
  }

  add(text: Uint8Array, times: number): void {
    if (times > this.#offsets.length - 1 - this.#cell || times * text.length > this.#text.length - this.#at) {
      throw corruptChunk(this.#filter, "the data holds more than the header promises");
    }
    for (let i = 0; i < times; i++) {
      this.#text.set(text, this.#at);
      this.#at += text.length;
      this.#offsets[++this.#cell] = this.#at;
    }
  }

  finish(): Ragged {
    if (this.#cell === this.#offsets.length - 1 && this.#at === this.#text.length) {
      return { length: this.#cell, offsets: this.#offsets, bytes: this.#text };
    }
    throw corruptChunk(this.#filter, "the data holds less than the header promises");
  }
}

function readBigEndian(cursor: ByteCursor, bytes: number): number {
  if (![1, 2, 4, 8].includes(bytes)) throw cursor.corrupt(`has integers of ${bytes} bytes`);
  let value = 0;
  for (const byte of cursor.bytes(bytes)) value = value * 256 + byte;
  return value;
}
