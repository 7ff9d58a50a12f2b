/**
 * The suites by name, loaded when asked for.
 *
 * @module
 */
import type { Suite } from "../lib/host.js";

export const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  codecs: async () => (await import("./codecs.js")).runCodecs,
  kernels: async () => (await import("./kernels.js")).runKernels,
  pool: async () => (await import("./pool.js")).runPool,
  profiles: async () => (await import("./profiles.js")).runProfiles,
  faults: async () => (await import("./faults.js")).runFaults,
  signed: async () => (await import("./signed.js")).runSigned,
  pan: async () => (await import("./pan.js")).runPan,
  memory: async () => (await import("./memory.js")).runMemory,
  size: async () => (await import("./size.js")).runSize,
  open: async () => (await import("./open.js")).runOpen,
  "shard-box": async () => (await import("./shard-box.js")).runShardBox,
  "full-read": async () => (await import("./full-read.js")).runFullRead,
  points: async () => (await import("./points.js")).runPoints,
  lines: async () => (await import("./lines.js")).runLines,
  read: async () => (await import("./read.js")).runRead,
};
