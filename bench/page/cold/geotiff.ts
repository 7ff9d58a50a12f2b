import { fromUrl } from "geotiff";
import { report } from "./report.js";

void report(async (base, { y, x }) => {
  const image = await (await fromUrl(`${base}/raster.tif`)).getImage();
  const [band] = await image.readRasters({ window: [x[0], y[0], x[1], y[1]] });
  return band!;
});
