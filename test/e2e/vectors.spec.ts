/**
 * Lines and trees: the samples of streamlines and of neurons, drawn as paths, coloured by what they carry, at any level.
 */
import type { Page } from "@playwright/test";
import { expect, needsWebGL2, openAndSettle, runQuery, settle, test, typeBox } from "./support.js";

/** Different colours in the drawing, and how many of its dots are drawn on. */
async function look(page: Page): Promise<{ colours: number; drawn: number }> {
  return page.evaluate(() => {
    const picture = document.querySelector<HTMLCanvasElement>("#canvas canvas")!;
    const copy = document.createElement("canvas");
    copy.width = picture.width;
    copy.height = picture.height;
    const context = copy.getContext("2d")!;
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const colours = new Set<number>();
    let drawn = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3]! === 0) continue;
      drawn++;
      colours.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
    }
    return { colours: colours.size, drawn };
  });
}

const samples = [
  {
    card: /fornix/,
    store: "fornix.zarrvectors",
    kind: "polylines",
    fields: ["along", "length"],
    coarse: "2",
  },
  {
    card: /neurons/,
    store: "neurons.zarrvectors",
    kind: "graph",
    fields: ["radius", "to_soma", "cable"],
    coarse: "1",
  },
] as const;

for (const { card, store, kind, fields, coarse } of samples) {
  test(`${kind}: one click on the sample draws paths, which any field colours`, async ({ page }) => {
    await needsWebGL2(page);
    await page.goto("/");
    await page.getByRole("button", { name: card }).click();
    await settle(page);
    await expect(page.locator("#found")).toContainText(kind);
    await expect(page.locator("#sum-rows")).toContainText("vertices");
    await expect.poll(async () => (await look(page)).drawn).toBeGreaterThan(2000);
    for (const field of fields) {
      await page.getByLabel("Colour by").selectOption(field);
      await expect(page.locator("#legend")).toContainText(field);
      await expect.poll(async () => (await look(page)).colours).toBeGreaterThan(20);
    }
  });

  test(`${kind}: a coarser level has fewer rows, a box fewer still`, async ({ page, s3 }) => {
    await openAndSettle(page, s3, { bucket: "public", store });
    const rows = async (): Promise<number> =>
      Number(((await page.locator("#sum-rows").textContent()) ?? "").replace(/\D/g, "").slice(0, 9));
    const all = await rows();
    await page.locator("#level").selectOption(coarse);
    await runQuery(page);
    const fewer = await rows();
    expect(fewer).toBeGreaterThan(0);
    expect(fewer).toBeLessThan(all);
    await page.locator("#level").selectOption("0");
    const end = async (name: string): Promise<number> =>
      Number(await page.getByLabel(name, { exact: true }).getAttribute("placeholder"));
    const [from, to] = [await end("x, from"), await end("x, to")];
    await typeBox(page, { x: [from, from + (to - from) / 4] });
    await runQuery(page);
    expect(await rows()).toBeGreaterThan(0);
    expect(await rows()).toBeLessThan(all);
    await typeBox(page, { x: [1e6, 2e6] });
    expect(await runQuery(page)).toContain("nothing lies in this box");
    await expect(page.locator("#problem")).toBeHidden();
  });
}
