/**
 * A suite in a browser. The page asks its server what to run and posts what came out, so that nothing has to be attached to the browser.
 *
 * @module
 */
import type { Host } from "../lib/host.js";
import { suites } from "../suites/suites.js";

type Job = Pick<Host, "options" | "manifest" | "setup"> & {
  readonly suite: string;
  readonly hasNative: boolean;
  readonly hasAsk: boolean;
};

async function post(path: string, body: string): Promise<string> {
  const response = await fetch(path, { method: "POST", body, cache: "no-store" });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.text();
}

async function run(): Promise<unknown> {
  const job = JSON.parse(await post("/job", "")) as Job;
  const suite = await suites[job.suite]!();
  const result = await suite({
    where: "chromium",
    options: job.options,
    manifest: job.manifest,
    setup: job.setup,
    load: async (name) => new Uint8Array(await (await fetch(`/corpus/${name}`)).arrayBuffer()),
    ask: job.hasAsk ? (command) => post("/ask", command) : undefined,
    native: job.hasNative ? (command) => post("/native", command) : undefined,
    say: (line) => void post("/say", line),
  });
  const facts = { ...result.facts, "user agent": navigator.userAgent, isolated: crossOriginIsolated };
  return { ...result, facts };
}

try {
  await post("/result", JSON.stringify(await run()));
} catch (thrown) {
  await post(
    "/result",
    JSON.stringify({ error: thrown instanceof Error ? `${thrown}\n${thrown.stack}` : String(thrown) }),
  );
}
