/**
 * A whole visit with marked keys: nothing the page shows, logs, posts, stores or puts into its address holds one, and
 * nothing is asked of anyone but the store (docs/design/object-storage.md §13).
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { everythingOf, findSecrets, spyInPage } from "../support/page-spy.js";
import type { S3Server } from "../support/s3-server/server.js";
import {
  downloadCsv,
  expect,
  fixtureOf,
  openAndSettle,
  openStore,
  runQuery,
  settle,
  test,
} from "./support.js";

const marked = {
  accessKeyId: "ASIAMARKERKEYID",
  secretAccessKey: "MARKERsecret/of+the=visit",
  sessionToken: "MARKERtoken/of+the=visit==",
} as const;
/** An access key id alone opens nothing, and the form shows it; it must not leave the page all the same. */
const secrets = [marked.secretAccessKey, marked.sessionToken];

/** Everything that leaves the page by itself. */
class Listener {
  readonly lines: string[] = [];
  readonly #page: Page;

  constructor(page: Page, s3: S3Server) {
    this.#page = page;
    page.on("console", (message) => this.lines.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => this.lines.push(`uncaught: ${error.message} ${error.stack}`));
    page.context().on("request", (request) => {
      if (request.url().startsWith(s3.url)) return;
      const sent = [request.url(), JSON.stringify(request.headers()), request.postData()];
      this.lines.push(`request: ${sent.join(" ")}`);
    });
  }

  async everything(): Promise<string[]> {
    return [...this.lines, ...(await everythingOf(this.#page))];
  }
}

async function openMarked(
  page: Page,
  s3: S3Server,
  keys: typeof marked,
  signing: "query" | "header",
): Promise<void> {
  await page.locator("#keys").evaluate((details) => details.setAttribute("open", ""));
  await page.getByLabel("session token").fill(keys.sessionToken);
  await openStore(page, s3, { bucket: "private", store: "jacksboro.zarr", keys, signing });
}

test("no key leaves the page's memory in a whole visit", async ({ page, s3, context }) => {
  test.setTimeout(180_000);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
  s3.addAccount({ ...marked, user: s3.account.accessKeyId });
  const listener = new Listener(page, s3);
  await page.addInitScript(spyInPage);
  await page.goto("/");
  const found = async (): Promise<string[]> => findSecrets(await listener.everything(), secrets);

  for (const signing of ["query", "header"] as const) {
    await openMarked(page, s3, marked, signing);
    await settle(page);
    await runQuery(page);
    expect(await found()).toEqual([]);
  }
  await page.getByRole("button", { name: "Check this address" }).click();
  await expect(page.locator("#doctor")).toContainText("Credentials");
  await expect(page.locator("#doctor")).toHaveAttribute("aria-busy", "false");
  for (const tab of ["Timeline", "Table", "Code"])
    await page.getByRole("button", { name: tab, exact: true }).click();
  listener.lines.push(`download: ${await downloadCsv(page)}`);
  await page.getByRole("button", { name: "Share" }).click();
  listener.lines.push(
    `clipboard: ${await page.evaluate(() => navigator.clipboard.readText()).catch(() => "")}`,
  );
  expect(await found()).toEqual([]);

  // Servers that echo what was sent, that say no, that break, that send away.
  const echo = `you sent ${marked.secretAccessKey} and ${marked.sessionToken}`;
  const faults = [
    { kind: "status", status: 403, code: "SignatureDoesNotMatch", message: echo },
    { kind: "status", status: 400, code: "ExpiredToken", message: echo },
    { kind: "status", status: 500, message: echo },
    { kind: "no-cors", on: "all" },
    { kind: "reset" },
    { kind: "redirect", location: `${new URL(page.url()).origin}/stolen`, status: 307 },
  ] as const;
  for (const [index, fault] of faults.entries()) {
    // Each at an address of its own, or the browser's cache would answer.
    s3.mount("private", `fresh-${index}/`, fixtureOf("jacksboro.zarr"));
    const rule = s3.addFault({ fault });
    await page.getByLabel("address").fill(`s3://private/fresh-${index}`);
    await page.getByRole("button", { name: "Open" }).click();
    await expect(page.locator("#problem")).toBeVisible({ timeout: 30_000 });
    await expect(page.locator("#doctor")).toHaveAttribute("aria-busy", "false", { timeout: 30_000 });
    rule.remove();
    expect(await found()).toEqual([]);
  }

  // The test itself: each way out is watched.
  await page.evaluate((secret) => {
    console.log(secret);
    localStorage.setItem("k", secret);
    history.replaceState(undefined, "", `#${encodeURIComponent(secret)}`);
    document.body.append(secret);
    new Worker(URL.createObjectURL(new Blob([""]))).postMessage({ deep: [secret] });
    new MessageChannel().port1.postMessage(new TextEncoder().encode(secret));
    void fetch(`/?${new URLSearchParams({ secret })}`);
  }, marked.secretAccessKey);
  await page.waitForTimeout(200);
  const caught = (await found()).join("\n");
  for (const way of [
    "console:",
    "to storage",
    "to history",
    "document:",
    "to a worker",
    "to a port",
    "request:",
    "address:",
    "local:",
  ]) {
    expect(caught).toContain(way);
  }
});

test("the fields of secrets are not offered to be kept, and are empty on the next visit", async ({
  page,
  s3,
}) => {
  s3.addAccount({ ...marked, user: s3.account.accessKeyId });
  await page.goto("/");
  for (const name of ["secretAccessKey", "sessionToken"]) {
    await expect(page.locator(`#${name}`)).toHaveAttribute("type", "password");
  }
  for (const name of ["accessKeyId", "secretAccessKey", "sessionToken"]) {
    await expect(page.locator(`#${name}`)).toHaveAttribute("autocomplete", "off");
  }
  await openMarked(page, s3, marked, "query");
  await settle(page);
  await page.reload();
  for (const name of ["accessKeyId", "secretAccessKey", "sessionToken"]) {
    await expect(page.locator(`#${name}`)).toHaveValue("");
  }
});

test("everything works under the policy that is recommended", async ({ page, s3 }) => {
  const policy = `script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self' ${s3.url}`;
  const types: Readonly<Record<string, string>> = {
    html: "text/html",
    js: "text/javascript",
    css: "text/css",
  };
  // A page that Playwright answers for counts as one of the open internet, so it is served.
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://demo").pathname.replace(/\/$/, "/index.html");
    const body = await readFile(new URL(`../../demo/dist${path}`, import.meta.url)).catch(() => undefined);
    const type = types[path.split(".").pop() ?? ""] ?? "application/octet-stream";
    response.writeHead(body === undefined ? 404 : 200, {
      "content-security-policy": policy,
      "content-type": type,
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/`);
  await openAndSettle(page, s3, { bucket: "public", store: "jacksboro.zarr" });
  await expect(page.locator("#sum-rows")).toContainText("cells");
  await expect(page.locator("#notes")).toBeEmpty();
  expect(refused).toEqual([]);
  server.closeAllConnections();
  server.close();
});
