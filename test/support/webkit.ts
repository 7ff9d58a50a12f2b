/**
 * GTK's WebKit for tests in Node, by the W3C WebDriver protocol, which is all that a WebKit not patched for Playwright speaks
 * (https://www.w3.org/TR/webdriver2/). One page of one browser, on the screen given.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { findWebKit } from "../../scripts/lib/browser.mjs";
import { freePort } from "./free-port.js";

export interface WebKitPage {
  goto(url: string): Promise<void>;
  /** Clicks as a user does; the element must be visible. */
  click(selector: string): Promise<void>;
  /** Replaces the text of a field. */
  fill(selector: string, text: string): Promise<void>;
  /** Runs the body of a function in the page; its arguments and result are JSON. */
  run<T>(body: string, ...args: readonly unknown[]): Promise<T>;
  /** The text of an element as it is shown; empty where there is none. */
  text(selector: string): Promise<string>;
  close(): Promise<void>;
}

/** The name of an element in WebDriver's JSON. */
const elementId = "element-6066-11e4-a52e-4f735466cecf";

/** Starts the driver, and by it the browser. */
export async function startWebKit(screen: string): Promise<WebKitPage> {
  const { driver, browser } = findWebKit()!;
  const port = await freePort();
  const child = spawn(driver, [`--port=${port}`, "--host=127.0.0.1"], {
    stdio: "ignore",
    env: { ...process.env, DISPLAY: `:${screen}` },
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const root = `http://127.0.0.1:${port}`;
  await untilReady(root);
  const options = { binary: browser, args: ["--automation"] };
  const { sessionId } = await send<{ sessionId: string }>("POST", `${root}/session`, {
    capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
  });
  const session = `${root}/session/${sessionId}`;
  const post = <T>(path: string, body: object): Promise<T> => send("POST", `${session}/${path}`, body);
  const find = async (selector: string): Promise<string> => {
    const found = await post<Record<string, string>>("element", { using: "css selector", value: selector });
    return `element/${found[elementId]}`;
  };
  const run = <T>(body: string, ...args: readonly unknown[]): Promise<T> =>
    post("execute/sync", { script: body, args });
  return {
    run,
    goto: (url) => post("url", { url }),
    click: async (selector) => post(`${await find(selector)}/click`, {}),
    fill: async (selector, text) => {
      const field = await find(selector);
      await post(`${field}/clear`, {});
      if (text !== "") await post(`${field}/value`, { text });
    },
    text: (selector) => run("return document.querySelector(arguments[0])?.innerText ?? ''", selector),
    close: async () => {
      await send("DELETE", session).catch(() => {});
      process.off("exit", kill);
      kill();
    },
  };
}

async function untilReady(root: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; ) {
    const status = await send<{ ready: boolean }>("GET", `${root}/status`).catch(() => undefined);
    if (status?.ready) return;
    if (Date.now() > deadline) throw new Error("WebKitWebDriver does not answer");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function send<T>(method: string, url: string, body?: object): Promise<T> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.error} ${value.message}`);
  return value;
}
