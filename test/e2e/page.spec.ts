/**
 * The page itself: samples, the picture, the drawn box, links, phones, and that nothing comes from elsewhere.
 */
import type { Page } from "@playwright/test";
import { open } from "../../src/index.js";
import {
  downloadRows,
  expect,
  keys,
  needsWebGL2,
  openAndSettle,
  openStore,
  runQuery,
  settle,
  test,
  typeBox,
} from "./support.js";

/** Different colours in the drawing, which is transparent where nothing is drawn. */
async function countColours(page: Page): Promise<number> {
  return page.evaluate(() => {
    const drawn = document.querySelector<HTMLCanvasElement>("#canvas canvas")!;
    const copy = document.createElement("canvas");
    copy.width = drawn.width;
    copy.height = drawn.height;
    const context = copy.getContext("2d")!;
    context.drawImage(drawn, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const colours = new Set<number>();
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3]! === 255) colours.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
    }
    return colours.size;
  });
}

/** Where the first thing drawn is on the page; with one point on it, that point. */
async function findDrawn(page: Page): Promise<[number, number] | undefined> {
  return page.evaluate(() => {
    const drawn = document.querySelector<HTMLCanvasElement>("#canvas canvas")!;
    const copy = document.createElement("canvas");
    copy.width = drawn.width;
    copy.height = drawn.height;
    const context = copy.getContext("2d")!;
    context.drawImage(drawn, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const at = data.findIndex((value, index) => index % 4 === 3 && value > 0) >> 2;
    const { left, top, width } = drawn.getBoundingClientRect();
    const scale = width / copy.width;
    return at < 0
      ? undefined
      : [left + (at % copy.width) * scale, top + Math.floor(at / copy.width) * scale + 2];
  });
}

test("one click on a sample of the private bucket: keys filled in, rows read, picture drawn", async ({
  page,
}) => {
  await needsWebGL2(page);
  await page.goto("/");
  await expect.poll(() => page.locator(".card").count()).toBeGreaterThanOrEqual(3);
  await page.getByRole("button", { name: /Jacksboro.*private bucket/ }).click();
  await settle(page);
  await expect(page.locator("#sum-rows")).toHaveText("138\u202f632 cells (344 × 403)");
  await expect(page.locator("#demo-keys")).toBeVisible();
  await expect(page.getByLabel("access key")).not.toHaveValue("");
  await expect(page.getByLabel("secret key")).toHaveAttribute("type", "password");
  await expect(page.locator("#found")).toContainText("EPSG:4326");
  await expect(page.locator("#found")).toContainText("zarr 3");
  await expect(page.locator("#found")).toContainText("344 × 403");
  await expect.poll(() => countColours(page)).toBeGreaterThan(50);
});

test("points are drawn, coloured by any field, and picked", async ({ page, s3 }) => {
  await needsWebGL2(page);
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  await expect.poll(() => countColours(page)).toBeGreaterThan(50);
  await page.getByLabel("Colour by").selectOption("country");
  await expect(page.locator("#legend")).toContainText("US (");
  await typeBox(page, { x: [-83.03, -83.02], y: [39.44, 39.441] });
  await runQuery(page);
  await expect(page.locator("#sum-rows")).toHaveText("1 row");
  await expect.poll(() => findDrawn(page)).toBeDefined();
  const [x, y] = (await findDrawn(page))!;
  await page.mouse.move(x, y);
  await expect(page.locator("#readout")).toContainText("country US");
  await page.mouse.click(x, y);
  await expect(page.locator("#picked")).toContainText("US");
});

test("infinities and the ends of float64 are drawn, between finite ends of the legend", async ({
  page,
  s3,
}) => {
  await needsWebGL2(page);
  await openAndSettle(page, s3, { bucket: "public", store: "types.zarr" });
  for (const source of ["float64", "float16", "int64", "complex64", "bool"]) {
    await page.getByLabel("source").selectOption(source);
    await expect(page.locator("#source option:checked")).toHaveText(new RegExp(`^${source} `));
    await settle(page);
    await expect(page.locator("#sum-rows")).toHaveText("7 cells");
    await expect(page.locator("#problem")).toBeHidden();
    await expect(page.locator("#legend")).toBeVisible();
    await expect(page.locator("#legend")).not.toContainText("Infinity");
    await expect.poll(() => countColours(page)).toBeGreaterThan(1);
  }
});

test("a box drawn on the picture fills the form, moves the price and is what is read", async ({
  page,
  s3,
}) => {
  await openAndSettle(page, s3, { bucket: "public", store: "topobathy.zarr" });
  const before = await page.locator("#price").textContent();
  const stage = (await page.locator("#stage").boundingBox())!;
  const drag = async (): Promise<void> => {
    await page.mouse.move(stage.x + stage.width * 0.35, stage.y + stage.height * 0.4);
    await page.mouse.down();
    await page.mouse.move(stage.x + stage.width * 0.45, stage.y + stage.height * 0.5, { steps: 4 });
    await page.mouse.up();
  };
  await drag();
  await expect(page.getByLabel("lon, from")).toHaveValue("");
  await page.getByRole("button", { name: "All", exact: true }).click();
  await page.getByRole("button", { name: "Draw box" }).click();
  await drag();
  await expect(page.getByLabel("lon, from")).not.toHaveValue("");
  await expect(page.locator("#price")).not.toHaveText(before!);
  const [west, east] = [
    await page.getByLabel("lon, from").inputValue(),
    await page.getByLabel("lon, to").inputValue(),
  ];
  expect(Number(west)).toBeGreaterThan(234);
  expect(Number(east)).toBeLessThan(238);
  expect(Number(west)).toBeLessThan(Number(east));
  await runQuery(page);
  const cells = Number(
    /[\d\u202f]+/.exec((await page.locator("#sum-rows").textContent())!)![0].replaceAll("\u202f", ""),
  );
  expect(cells).toBeGreaterThan(10);
  expect(cells).toBeLessThan(2000);
  await page.keyboard.down("Shift");
  await page.mouse.move(stage.x + 200, stage.y + 200);
  await page.mouse.down();
  await page.mouse.move(stage.x + 260, stage.y + 260, { steps: 3 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await expect(page.getByLabel("lon, from")).not.toHaveValue(west);
});

test("a link brings back place, source, box and level, but never keys", async ({ page, s3, context }) => {
  await openAndSettle(page, s3, { bucket: "private", store: "airports.zarrvectors", keys });
  await typeBox(page, { x: [-10, 10], y: [40, 60] });
  await page.getByLabel("level").selectOption("1");
  await page.getByLabel("Colour by").selectOption("y");
  const summary = await runQuery(page);
  const rows = /^[\d\u202f]+ rows/.exec(summary)![0];
  const link = page.url();
  for (const secret of [keys.accessKeyId, keys.secretAccessKey]) {
    expect(link).not.toContain(secret);
    expect(link).not.toContain(encodeURIComponent(secret));
    expect(await page.locator("#tab-code").textContent()).not.toContain(secret);
  }
  await expect(page.locator("#tab-code")).toContainText("credentials: { accessKeyId, secretAccessKey }");
  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByLabel("access key")).toBeFocused();
  await expect(other.getByLabel("secret key")).toHaveValue("");
  await expect(other.getByLabel("address")).toHaveValue("s3://private/airports.zarrvectors");
  await openStore(other, s3, { bucket: "private", store: "airports.zarrvectors", keys });
  expect(await settle(other)).toContain(rows);
  await expect(other.getByLabel("x, from")).toHaveValue("-10");
  await expect(other.getByLabel("level")).toHaveValue("1");
  await expect(other.getByLabel("Colour by")).toHaveValue("y");
});

test("the code of a query gives in Node what the page shows", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "private", store: "jacksboro.zarr", keys });
  await typeBox(page, { lon: [-84.3, -84.2], lat: [36.5, 36.6] });
  await runQuery(page);
  await page.getByRole("button", { name: "Code", exact: true }).click();
  const code = (await page.locator("#tab-code pre").textContent())!;
  expect(code).toContain("bbox: [-84.3, 36.5, -84.2, 36.6]");
  expect(code.split("\n").length).toBeLessThanOrEqual(14);
  const printed: unknown[] = [];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const body = code.replace('import { open } from "cloudcrop";', "");
  const program = AsyncFunction("open", "accessKeyId", "secretAccessKey", "console", body);
  await program(open, keys.accessKeyId, keys.secretAccessKey, {
    log: (...values: unknown[]) => printed.push(...values),
  });
  const [shape, , data] = printed as [number[], unknown, Int16Array];
  await expect(page.locator("#sum-rows")).toContainText(`(${shape.join(" × ")})`);
  expect([...(await downloadRows(page)).get("height")!].map(Number)).toEqual([...data]);
});

test("on a phone nothing is wider than the screen", async ({ page, s3 }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/");
  const expectFits = async (): Promise<void> => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  };
  await expectFits();
  await page.getByRole("button", { name: /Jacksboro/ }).click();
  await settle(page);
  await expectFits();
  await openStore(page, s3, { bucket: "bare", store: "jacksboro.zarr" });
  await expect(page.locator("#cors-rule")).toBeVisible();
  await expectFits();
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  await expectFits();
  for (const tab of ["Timeline", "Table", "Code"]) {
    await page.getByRole("button", { name: tab, exact: true }).click();
    await expectFits();
  }
});

test("nothing is loaded from elsewhere, under a policy without eval", async ({ page, s3 }) => {
  const asked = new Set<string>();
  const complaints: string[] = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http")) asked.add(origin);
  });
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await openAndSettle(page, s3, { bucket: "public", store: "strings.zarrvectors" });
  expect([...asked].sort()).toEqual([new URL(page.url()).origin, s3.url].sort());
  expect(complaints).toEqual([]);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
});

test("every control has a name, and the keyboard reaches the picture", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>("input, select, button")]
      .filter((control) => control.offsetParent !== null)
      .filter((control) => {
        const label = control.labels?.[0]?.textContent?.trim();
        return !(label || control.getAttribute("aria-label") || control.textContent?.trim());
      })
      .map((control) => control.outerHTML),
  );
  expect(nameless).toEqual([]);
  await expect(page.getByRole("status")).toHaveText(/28\u202f403 rows/);
  await page.locator("#stage").focus();
  await page.mouse.move(700, 400);
  const readout = page.locator("#readout");
  const before = await readout.textContent();
  await page.keyboard.press("ArrowRight");
  await page.mouse.move(701, 400);
  await expect(readout).not.toHaveText(before!);
});

test("a wide map leaves no blank stretch around it on a phone", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await page.getByRole("button", { name: /^Airports of the world/ }).click();
  await settle(page);
  const stage = await page.locator("#stage").boundingBox();
  expect(stage!.height).toBeLessThan(400);
});
