/** What the tests use of lz4js, which brings no types. */
declare module "lz4js" {
  const lz4: {
    compressBound(length: number): number;
    /** Returns the bytes written to `target`; 0 means "not compressible". `hashTable` holds 65536 zeros. */
    compressBlock(
      source: Uint8Array,
      target: Uint8Array,
      sourceIndex: number,
      sourceLength: number,
      hashTable: Uint32Array,
    ): number;
    /** Returns the index behind the last byte written. */
    decompressBlock(
      source: Uint8Array,
      target: Uint8Array,
      sourceIndex: number,
      sourceLength: number,
      targetIndex: number,
    ): number;
  };
  export default lz4;
}
