/** fizarrita 1.4.1 with zarrita 0.7.5 fails at the codecs of Zarr v3: the same chunks as v2. @module */
import { getWorker } from "@fideus-labs/fizarrita";
import { WorkerPool } from "@fideus-labs/worker-pool";
import { FetchStore, open, slice } from "zarrita";
import { report } from "./report.js";

void report(async (base, { y, x }) => {
  const array = await open.v2(new FetchStore(`${base}/v2`), { kind: "array" });
  const pool = new WorkerPool(navigator.hardwareConcurrency);
  const { data } = await getWorker(array, [slice(...y), slice(...x)], { pool });
  return data as Float32Array;
});
