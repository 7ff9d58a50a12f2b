/**
 * @module The keys every store, signer and server must carry unharmed (docs/design/object-storage.md §2).
 */
export const CONFORMANCE_KEYS: readonly string[] = [
  "a b/c+d/ünï/日本.bin",
  "100%25 done",
  "percent%",
  "q?x=1&y=2#frag",
  "dbl//slash",
  "par(1)!'*~",
  "emoji😀",
  "plus+plus",
  "eq=semi;comma,at@colon:$dollar",
  "trail/",
];
