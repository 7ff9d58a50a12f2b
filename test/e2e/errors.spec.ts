/**
 * What the page says when things go wrong, and how it stops.
 */
import { expect, keys, openAndSettle, openStore, quietRequests, runQuery, settle, test } from "./support.js";

test("a wrong secret key is explained, and the right one then opens the store", async ({ page, s3 }) => {
  const wrong = { ...keys, secretAccessKey: "not-the-secret" };
  await openStore(page, s3, { bucket: "private", store: "jacksboro.zarr", keys: wrong });
  const alert = page.locator("#problem");
  await expect(alert).toContainText("Access was refused");
  await expect(alert).toContainText("wrong secret key");
  await expect(alert).toContainText("SignatureDoesNotMatch");
  await expect(alert).not.toContainText(wrong.secretAccessKey);
  await openAndSettle(page, s3, { bucket: "private", store: "jacksboro.zarr", keys });
  await expect(alert).toBeHidden();
});

test("an unknown access key and missing keys are told apart", async ({ page, s3 }) => {
  const unknown = { ...keys, accessKeyId: "AKIANOBODY" };
  await openStore(page, s3, { bucket: "private", store: "jacksboro.zarr", keys: unknown });
  await expect(page.locator("#problem")).toContainText("Access key unknown");
  await openStore(page, s3, { bucket: "private", store: "jacksboro.zarr" });
  await expect(page.locator("#problem")).toContainText("Not everyone may read it: give credentials");
});

test("a missing CORS rule is explained with a rule that works", async ({ page, s3 }) => {
  await openStore(page, s3, { bucket: "bare", store: "jacksboro.zarr" });
  const alert = page.locator("#problem");
  await expect(alert).toContainText("The host does not let this page read it");
  const rule = JSON.parse((await page.locator("#cors-rule").textContent()) ?? "");
  expect(rule[0].AllowedOrigins).toEqual([new URL(page.url()).origin]);
  s3.buckets.get("bare")!.cors = rule;
  await openAndSettle(page, s3, { bucket: "bare", store: "jacksboro.zarr" });
  await expect(alert).toBeHidden();
  await expect(page.locator("#sum-rows")).toContainText("138\u202f632 cells");
});

test("a folder with nothing known in it, a bucket that is not there, a server that is not there", async ({
  page,
  s3,
}) => {
  s3.put("public", "empty/readme.txt", "nothing");
  await page.goto("/");
  const alert = page.locator("#problem");
  const tryAddress = async (address: string, endpoint: string): Promise<void> => {
    await page.locator("#keys").evaluate((details) => details.setAttribute("open", ""));
    await page.getByLabel("address").fill(address);
    await page.getByLabel("endpoint", { exact: true }).fill(endpoint);
    await page.getByRole("button", { name: "Open" }).click();
  };
  await tryAddress("s3://public/empty", s3.url);
  await expect(alert).toContainText("Nothing known is stored there");
  await tryAddress("s3://no-such-bucket/x.zarr", s3.url);
  // Without a bucket there is no CORS rule, so the browser hides what the server says; the page says what else it may be.
  await expect(alert).toContainText("A bucket that does not exist looks the same");
  await tryAddress("ftp://example.invalid/x", "");
  await expect(alert).toContainText("This cannot be read yet");
  await tryAddress("s3://public/x.zarr", "http://127.0.0.1:9");
  await expect(alert).toContainText("No connection");
});

test("cancel stops the requests and keeps what was there", async ({ page, s3 }) => {
  const place = {
    url: "s3://public/airports.zarrvectors",
    endpoint: s3.url,
    region: "eu-central-1",
    level: "2",
  };
  await page.goto(`/#${new URLSearchParams(place)}`);
  expect(await settle(page)).toContain("459 rows");
  await page.getByLabel("level").selectOption("");
  await expect(page.locator("#price")).toContainText("125 requests");
  const fault = s3.addFault({ fault: { kind: "delay", ms: 300 } });
  const before = s3.counters.requests;
  await page.getByRole("button", { name: "Query", exact: true }).click();
  await expect(page.locator("#sum-state")).toHaveText("reading…");
  await expect.poll(() => fault.hits).toBeGreaterThan(6);
  await expect(page.locator("#sum-rows")).toContainText("row");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.locator("#sum-state")).toHaveText("cancelled");
  await expect(page.getByRole("button", { name: "Query", exact: true })).toBeVisible();
  const atCancel = s3.counters.requests;
  expect(await quietRequests(s3, 700)).toBeLessThan(atCancel + 3);
  expect(s3.counters.requests - before).toBeLessThan(125);
  fault.remove();
  await runQuery(page);
  await expect(page.locator("#sum-rows")).toHaveText("28\u202f403 rows");
});

test("a failure in the middle of a query is told, and the next query works", async ({ page, s3 }) => {
  const fault = s3.addFault({
    fault: { kind: "status", status: 501, code: "NotImplemented" },
    path: /topo\/3\.3$/,
  });
  await openStore(page, s3, { bucket: "public", store: "topobathy.zarr" });
  await expect(page.locator("#problem")).toContainText("topo/3.3");
  await expect(page.locator("#sum-state")).toHaveText("failed");
  fault.remove();
  expect(await runQuery(page)).toContain("10\u202f920 cells");
  await expect(page.locator("#problem")).toBeHidden();
  await expect(page.locator("#sum-state")).toBeHidden();
});

test("a chunk that is refused, and so taken for missing, is pointed out", async ({ page, s3 }) => {
  s3.addFault({ fault: { kind: "status", status: 403, code: "AccessDenied" }, path: /topo\/3\.3$/ });
  await openStore(page, s3, { bucket: "public", store: "topobathy.zarr" });
  await expect(page.locator("#notes")).toContainText("missing");
});
