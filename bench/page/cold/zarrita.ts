import { FetchStore, get, open, slice } from "zarrita";
import { report } from "./report.js";

void report(async (base, { y, x }) => {
  const array = await open.v3(new FetchStore(`${base}/raster.zarr`), { kind: "array" });
  const { data } = await get(array, [slice(...y), slice(...x)]);
  return data as Float32Array;
});
