/**
 * Watches every way in which something of a page could get out of its memory: what is posted, stored, logged, shown.
 *
 * @module
 */
import type { Page } from "playwright";

/** Runs in the page before anything else. */
export function spyInPage(): void {
  const seen: string[] = [];
  Object.assign(globalThis, { spied: seen });
  const asText = (value: unknown): string => {
    const known = new Set<unknown>();
    return (
      JSON.stringify(value, (name, each: unknown) => {
        if (each instanceof ArrayBuffer) return new TextDecoder("latin1").decode(each);
        if (ArrayBuffer.isView(each)) {
          return new TextDecoder("latin1").decode(
            new Uint8Array(each.buffer, each.byteOffset, each.byteLength),
          );
        }
        if (typeof each === "bigint") return String(each);
        if (each instanceof Map) return [...each];
        if (each instanceof Error) return [each.name, each.message, each.stack, each.cause];
        if (typeof each === "object" && each !== null) {
          if (known.has(each)) return undefined;
          known.add(each);
          // A worker that performs a request is given its signature, and nothing else of the keys.
          if ("method" in each && "url" in each && "headers" in each) {
            const { url, headers: _signed, ...read } = each as { url: string; headers: unknown };
            return { ...read, url: url.split("?")[0] };
          }
        }
        return name === "spied" ? undefined : each;
      }) ?? String(value)
    );
  };
  const note = (channel: string, value: unknown): void => {
    seen.push(`${channel}: ${asText(value)}`);
  };
  const wrap = (target: object, name: string, channel: string): void => {
    const methods = target as Record<string, (...args: unknown[]) => unknown>;
    const original = methods[name]!;
    methods[name] = function (this: unknown, ...args: unknown[]) {
      note(channel, args);
      return original.apply(this, args);
    };
  };
  wrap(Worker.prototype, "postMessage", "to a worker");
  wrap(MessagePort.prototype, "postMessage", "to a port");
  wrap(BroadcastChannel.prototype, "postMessage", "to a channel");
  wrap(globalThis, "postMessage", "to a window");
  wrap(Storage.prototype, "setItem", "to storage");
  wrap(history, "pushState", "to history");
  wrap(history, "replaceState", "to history");
  wrap(IDBObjectStore.prototype, "put", "to a database");
  wrap(IDBObjectStore.prototype, "add", "to a database");
  if ("caches" in globalThis) wrap(Cache.prototype, "put", "to a cache");
  for (const name of ["log", "info", "warn", "error", "debug"]) wrap(console, name, "to the console");
  const OriginalWorker = Worker;
  globalThis.Worker = class extends OriginalWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.addEventListener("message", ({ data }) => note("from a worker", data));
    }
  };
}

/** All that was seen, and what the page holds now: its text, its address, its storage. */
export async function everythingOf(page: Page): Promise<string[]> {
  const held = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const stored: string[] = [];
    for (const name of "caches" in globalThis ? await caches.keys() : []) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const body = await (await cache.match(request))!.text();
        stored.push(request.url, decodeURIComponent(request.url), body);
      }
    }
    return [
      ...(globalThis as unknown as { spied: string[] }).spied,
      `document: ${document.documentElement.outerHTML}`,
      `text: ${document.body.textContent}`,
      `address: ${location.href} ${decodeURIComponent(location.href)}`,
      `history: ${JSON.stringify(history.state)}`,
      `cookie: ${document.cookie}`,
      `local: ${JSON.stringify(localStorage)} ${JSON.stringify(sessionStorage)}`,
      `databases: ${JSON.stringify(databases)}`,
      `caches: ${stored.join("\n")}`,
      `global: ${Object.keys(globalThis).join()}`,
    ];
  });
  const storage = await page.context().storageState();
  return [...held, `cookies and storage: ${JSON.stringify(storage)}`];
}

/** The ways in which a secret could be written. */
export function spellings(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(encodeURIComponent(secret)),
    JSON.stringify(secret).slice(1, -1),
    btoa(secret).replace(/=+$/, ""),
    hex,
  ];
}

/** The lines in which a secret occurs, cut to what surrounds it. */
export function findSecrets(lines: readonly string[], secrets: readonly string[]): string[] {
  return secrets.flatMap(spellings).flatMap((spelling) =>
    lines
      .filter((line) => line.includes(spelling))
      .map((line) => {
        const at = line.indexOf(spelling);
        return `${line.slice(0, 60)} … ${line.slice(Math.max(0, at - 80), at + spelling.length + 20)}`;
      }),
  );
}
