/**
 * Emulators of Azure Blob (azurite) and Google Cloud Storage (fake-gcs-server), which `node scripts/emulators.mjs` installs.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.js";

const cache = (path: string): string => fileURLToPath(new URL(`../../.cache/${path}`, import.meta.url));

const azuriteMain = cache("azurite/node_modules/azurite/dist/src/blob/main.js");
const fakeGcsBinary = cache("go/bin/fake-gcs-server");

export const hasAzurite = existsSync(azuriteMain);
export const hasFakeGcs = existsSync(fakeGcsBinary);

/** The account every emulator of Azure has; its key is published by Microsoft. */
const account = "devstoreaccount1";
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const version = "2021-12-02";

export interface Emulator {
  /** As `endpoint` takes it. */
  readonly endpoint: string;
  createContainer(name: string, isPublic: boolean): Promise<void>;
  put(container: string, key: string, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface Azurite extends Emulator {
  readonly account: string;
  /** An account SAS over blobs, containers and the service. */
  sas(permissions: string, expires?: Date): string;
  /** Lets every page read, with the headers exposed that the recommended rule exposes. */
  allowPages(): Promise<void>;
}

export async function startAzurite(): Promise<Azurite> {
  const options = [
    "--inMemoryPersistence",
    "--skipApiVersionCheck",
    "--blobHost",
    "127.0.0.1",
    "--blobPort",
    "0",
  ];
  const child = spawn(process.execPath, [azuriteMain, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const origin = await lineOf(child, /listens on (http:\S+)/);
  const endpoint = `${origin}/${account}`;
  const all = sasWith("rwlc");
  return {
    endpoint,
    account,
    sas: sasWith,
    createContainer: (name, isPublic) =>
      send(`${endpoint}/${name}?restype=container&${all}`, "PUT", undefined, {
        "x-ms-version": version,
        ...(isPublic ? { "x-ms-blob-public-access": "container" } : {}),
      }),
    put: (container, key, bytes) =>
      send(`${endpoint}/${container}/${encodePath(key)}?${all}`, "PUT", bytes, {
        "x-ms-version": version,
        "x-ms-blob-type": "BlockBlob",
      }),
    allowPages: () =>
      send(`${endpoint}/?restype=service&comp=properties&${all}`, "PUT", new TextEncoder().encode(corsRule), {
        "x-ms-version": version,
        "content-type": "application/xml",
      }),
    close: () => end(child),
  };
}

/** https://learn.microsoft.com/rest/api/storageservices/set-blob-service-properties */
const corsRule = `<?xml version="1.0" encoding="utf-8"?><StorageServiceProperties><Cors><CorsRule>
<AllowedOrigins>*</AllowedOrigins><AllowedMethods>GET,HEAD,OPTIONS</AllowedMethods><AllowedHeaders>*</AllowedHeaders>
<ExposedHeaders>ETag,Content-Range,x-ms-error-code</ExposedHeaders><MaxAgeInSeconds>60</MaxAgeInSeconds>
</CorsRule></Cors></StorageServiceProperties>`;

/** https://learn.microsoft.com/rest/api/storageservices/create-account-sas */
function sasWith(permissions: string, expires: Date = new Date(Date.now() + 3_600_000)): string {
  const se = expires.toISOString().replace(/\.\d+/, "");
  const signed = [account, permissions, "b", "sco", "", se, "", "https,http", version, "", ""].join("\n");
  const sig = createHmac("sha256", Buffer.from(accountKey, "base64")).update(signed).digest("base64");
  const values = { sv: version, ss: "b", srt: "sco", sp: permissions, se, spr: "https,http", sig };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

export async function startFakeGcs(): Promise<Emulator> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const options = ["-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", String(port)];
  const child = spawn(fakeGcsBinary, [...options, "-public-host", host], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await lineOf(child, /server started at/);
  const endpoint = `http://${host}`;
  return {
    endpoint,
    createContainer: (name) =>
      send(`${endpoint}/storage/v1/b?project=p`, "POST", new TextEncoder().encode(JSON.stringify({ name })), {
        "content-type": "application/json",
      }),
    put: (container, key, bytes) => {
      const upload = `${endpoint}/upload/storage/v1/b/${container}/o?uploadType=media`;
      return send(`${upload}&name=${encodeURIComponent(key)}`, "POST", bytes, {
        "content-type": "application/octet-stream",
      });
    },
    close: () => end(child),
  };
}

function encodePath(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}

async function send(
  url: string,
  method: string,
  body: Uint8Array | undefined,
  headers: Record<string, string>,
): Promise<void> {
  const init = body === undefined ? {} : { body: body as BodyInit };
  const response = await fetch(url, { method, headers, ...init });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url.split("?")[0]}: ${response.status} ${text}`);
}

/** The first thing a child says that matches; fails when it ends before. */
function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
  // Nothing may be left behind by a test that gave up waiting.
  process.once("exit", () => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    let said = "";
    const onData = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = pattern.exec(said);
      if (found !== null) resolve(found[1] ?? found[0]);
    };
    child.stdout?.on("data", onData);
    child.stderr?.on("data", onData);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`The emulator ended with ${code}: ${said}`)));
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
