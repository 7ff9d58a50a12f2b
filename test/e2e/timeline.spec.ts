/**
 * The panel of the timeline: what it draws of a query, how the keyboard goes through it, and the file it saves.
 */
import type { Page } from "@playwright/test";
import type { Trace } from "../../src/trace/timeline-to-trace.js";
import { expect, isFirefox, keys, openAndSettle, openStore, runQuery, test, textOfSaved } from "./support.js";

async function openTimeline(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Timeline", exact: true }).click();
  await expect(page.getByRole("region", { name: "Timeline" })).toBeVisible();
}

async function saveTrace(page: Page): Promise<Trace> {
  return JSON.parse(await textOfSaved(page, "Save trace")) as Trace;
}

test("draws every request of a query, and saves it as a trace", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "private", store: "topobathy.zarr", keys });
  s3.reset();
  await runQuery(page);
  await openTimeline(page);
  const sent = s3.log.filter(({ method }) => method !== "OPTIONS");
  const panel = page.getByRole("region", { name: "Timeline" });
  await expect(panel.getByRole("button", { name: /^(GET|HEAD) / })).toHaveCount(sent.length);
  if (sent.length > 0) await expect(panel).toContainText("waiting for the first byte");
  const { traceEvents } = await saveTrace(page);
  const requests = traceEvents.filter((event) => event.ph === "X" && event.cat === "cloudcrop,request");
  expect(requests).toHaveLength(sent.length);
  expect(JSON.stringify(traceEvents)).not.toMatch(/X-Amz|Signature|\?/i);
  expect(await panel.textContent()).not.toMatch(/X-Amz|Signature=/i);
});

test("the file opens in the performance panel of the browser's own DevTools", async ({
  page,
  s3,
  browserName,
  browser,
}) => {
  await openAndSettle(page, s3, { bucket: "public", store: "topobathy.zarr" });
  await openTimeline(page);
  const trace = await saveTrace(page);
  const rowsOf = (name: string) => trace.traceEvents.filter((event) => event.name === name);
  const rows = rowsOf("thread_name").map(({ pid, tid, args }) => ({
    pid,
    tid,
    name: args.name,
    events: trace.traceEvents.filter((event) => event.ph === "X" && event.pid === pid && event.tid === tid)
      .length,
  }));
  expect(rows.map(({ name }) => name)).toContain("worker 1");
  // Firefox's profiler is a site, not part of the browser.
  if (browserName !== "chromium") return;
  const panel = await browser.newPage();
  await panel.goto("devtools://devtools/bundled/devtools_app.html?panel=timeline");
  const file = {
    name: "trace.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(trace)),
  };
  await panel.locator("input[type=file]").setInputFiles(file);
  // The first recording that the panel has.
  await expect(panel.getByText("#1", { exact: true })).toBeVisible();
  // What it draws is painted; what that is made of is what its own parser makes of the file.
  const shown = await panel.evaluate(async (traceEvents) => {
    const { TraceModel, Handlers } = await import(
      String("devtools://devtools/bundled/models/trace/trace.js")
    );
    const model = TraceModel.Model.createWithAllHandlers();
    await model.parse(traceEvents);
    const threads: { pid: number; tid: number; name: string; entries: unknown[] }[] =
      Handlers.Threads.threadsInTrace(model.parsedTrace(0).data);
    return threads.map(({ pid, tid, name, entries }) => ({ pid, tid, name, events: entries.length }));
  }, trace.traceEvents);
  expect(shown).toEqual(rows);
  await panel.close();
});

test("a query on a cold cache: workers, and what a second attempt was for", async ({ page, s3 }) => {
  s3.addFault({ fault: { kind: "status", status: 503 }, path: /topo\/\d/, method: "GET", count: 1 });
  await openAndSettle(page, s3, { bucket: "public", store: "topobathy.zarr" });
  await openTimeline(page);
  const panel = page.getByRole("region", { name: "Timeline" });
  await expect(panel.getByRole("button", { name: /status 503 · failed/ })).toHaveCount(1);
  await expect(panel.getByRole("button", { name: /attempt 2/ })).toHaveCount(1);
  for (const words of ["pause before another attempt", "bytes coming", "decoding"])
    await expect(panel).toContainText(words);
  // Firefox's clock tells whole milliseconds: planning may take none, and what took no time is not drawn.
  if (!isFirefox(page)) await expect(panel).toContainText("planning");
});

test("arrow keys go from bar to bar, and each is told in words", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  await openTimeline(page);
  const bars = page.locator("#tab-timeline .item");
  const detail = page.locator("#tab-timeline .detail");
  expect(await bars.count()).toBeGreaterThan(2);
  await expect(page.locator('#tab-timeline .item[tabindex="0"]')).toHaveCount(1);
  // The panel grew below the pointer, which would tell of a bar too.
  await page.mouse.move(0, 0);
  await bars.first().focus();
  await expect(detail).toHaveText((await bars.first().getAttribute("aria-label"))!);
  await page.keyboard.press("ArrowRight");
  await expect(bars.nth(1)).toBeFocused();
  await expect(detail).toHaveText((await bars.nth(1).getAttribute("aria-label"))!);
  await page.keyboard.press("End");
  await expect(bars.last()).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(bars.last()).not.toBeFocused();
  await page.locator("#save-trace").focus();
  await expect(detail).toContainText("Point at a bar");
});

test("bars lie within the panel on a phone", async ({ page, s3 }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  await openTimeline(page);
  const outside = await page.locator("#tab-timeline").evaluate((panel) => {
    const { left, right } = panel.getBoundingClientRect();
    return [...panel.querySelectorAll(".item")].filter((bar) => {
      const box = bar.getBoundingClientRect();
      return box.left < left - 1 || box.right > right + 4;
    }).length;
  });
  expect(outside).toBe(0);
  const bottoms = await page.locator("#tab-timeline").evaluate((panel) => {
    const bar = panel.querySelector(".item")!;
    return [bar, panel].map((element) => element.getBoundingClientRect().bottom);
  });
  expect(bottoms[0], "the first bar is seen without scrolling the panel").toBeLessThan(bottoms[1]!);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test("a cancelled query has a timeline too", async ({ page, s3 }) => {
  s3.addFault({ fault: { kind: "stall" }, path: /topo\/\d/, method: "GET" });
  await openStore(page, s3, { bucket: "public", store: "topobathy.zarr" });
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.locator("#sum-state")).toHaveText("cancelled");
  await openTimeline(page);
  await expect(page.getByRole("button", { name: /given up/ })).not.toHaveCount(0);
});
