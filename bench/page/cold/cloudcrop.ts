import { open } from "cloudcrop";
import { closed } from "../../lib/closed.js";
import { report } from "./report.js";

void report(async (base, { y, x }) => {
  const grid = await open(`${base}/raster.zarr`, { kind: "grid" });
  const { data } = await grid.query({ ranges: { y: closed(y), x: closed(x) } });
  return data as Float32Array;
});
