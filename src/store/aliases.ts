/**
 * The names other libraries use for the same options: s3fs, obstore, tensorstore and TileDB
 * (docs/design/object-storage.md §13). An option under its own name wins over its aliases.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { StorageOptions } from "./url.js";

type Loose = Readonly<Record<string, unknown>>;

/** One option, or part of one, and how a foreign value becomes it. */
interface Alias {
  readonly to:
    | "region"
    | "endpoint"
    | "virtual"
    | "accessKeyId"
    | "secretAccessKey"
    | "sessionToken"
    | "anonymous"
    | "requesterPays"
    | "maxRequestsPerOrigin"
    | "attempts"
    | "baseMs"
    | "maxDelayMs"
    | "firstByteMs"
    | "stallMs"
    | "scheme";
  readonly scale?: number;
  /** Added after scaling: retries are attempts less one. */
  readonly plus?: number;
}

const aliases: Readonly<Record<string, Alias>> = {
  // s3fs
  key: { to: "accessKeyId" },
  secret: { to: "secretAccessKey" },
  token: { to: "sessionToken" },
  anon: { to: "anonymous" },
  endpoint_url: { to: "endpoint" },
  "client_kwargs.region_name": { to: "region" },
  "client_kwargs.endpoint_url": { to: "endpoint" },
  requester_pays: { to: "requesterPays" },
  // obstore
  aws_access_key_id: { to: "accessKeyId" },
  access_key_id: { to: "accessKeyId" },
  aws_secret_access_key: { to: "secretAccessKey" },
  secret_access_key: { to: "secretAccessKey" },
  aws_session_token: { to: "sessionToken" },
  session_token: { to: "sessionToken" },
  skip_signature: { to: "anonymous" },
  virtual_hosted_style_request: { to: "virtual" },
  request_payer: { to: "requesterPays" },
  // tensorstore
  aws_region: { to: "region" },
  "s3_request_concurrency.limit": { to: "maxRequestsPerOrigin" },
  "s3_request_retries.max_retries": { to: "attempts", plus: 1 },
  // TileDB
  "vfs.s3.region": { to: "region" },
  "vfs.s3.endpoint_override": { to: "endpoint" },
  "vfs.s3.scheme": { to: "scheme" },
  "vfs.s3.use_virtual_addressing": { to: "virtual" },
  "vfs.s3.aws_access_key_id": { to: "accessKeyId" },
  "vfs.s3.aws_secret_access_key": { to: "secretAccessKey" },
  "vfs.s3.aws_session_token": { to: "sessionToken" },
  "vfs.s3.no_sign_request": { to: "anonymous" },
  "aws.skip_credentials": { to: "anonymous" },
  "vfs.s3.connect_timeout_ms": { to: "firstByteMs" },
  "vfs.s3.request_timeout_ms": { to: "stallMs" },
  "vfs.s3.connect_max_tries": { to: "attempts" },
  "vfs.s3.connect_scale_factor": { to: "baseMs" },
  "vfs.s3.backoff_scale": { to: "baseMs", scale: 100 },
  "vfs.s3.backoff_max_ms": { to: "maxDelayMs" },
  "vfs.s3.max_parallel_ops": { to: "maxRequestsPerOrigin" },
  "vfs.s3.requester_pays": { to: "requesterPays" },
};

/** Options of other libraries begin like this; what is not in the table is told to the user. */
const foreign = /^(vfs\.|aws[._]|s3_|client_kwargs|experimental_s3|config_kwargs|endpoint_|host_header$)/;

/**
 * The options with every alias replaced by the option it means. Nested objects of the seeds (`client_kwargs`,
 * `s3_request_retries`) are looked into.
 *
 * @throws ReaderError `config` for half of a pair of keys, or a number that is none
 */
export function resolveAliases(options: StorageOptions): StorageOptions {
  const found = new Map<Alias["to"], unknown>();
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(flatten(options as Loose))) {
    const alias = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
    if (alias === undefined) {
      if (foreign.test(name) && value !== undefined) unknown.push(name);
    } else if (value !== undefined && value !== null && value !== "") {
      const { scale, plus } = alias;
      const plain = scale === undefined && plus === undefined;
      found.set(alias.to, plain ? value : toNumber(name, value) * (scale ?? 1) + (plus ?? 0));
    }
  }
  if (unknown.length > 0) {
    options.onDiagnostic?.({ code: "unknown-option", message: `Not known here: ${unknown.join(", ")}.` });
  }
  if (found.size === 0) return options;
  return { ...translate(found), ...defined(options) };
}

function translate(found: ReadonlyMap<Alias["to"], unknown>): StorageOptions {
  const text = (to: Alias["to"]): string | undefined => (found.has(to) ? String(found.get(to)) : undefined);
  const number = (to: Alias["to"]): number | undefined =>
    found.has(to) ? toNumber(to, found.get(to)) : undefined;
  const endpoint = text("endpoint");
  const scheme = text("scheme") ?? "https";
  const virtual = found.get("virtual");
  return defined({
    region: text("region"),
    endpoint: endpoint === undefined || endpoint.includes("://") ? endpoint : `${scheme}://${endpoint}`,
    addressing: virtual === undefined ? undefined : isTrue(virtual) ? "virtual" : "path",
    credentials: keysOf(text("accessKeyId"), text("secretAccessKey"), text("sessionToken"), found),
    requesterPays: found.has("requesterPays") ? isTrue(found.get("requesterPays")) : undefined,
    maxRequestsPerOrigin: number("maxRequestsPerOrigin"),
    retries: group({
      attempts: number("attempts"),
      baseMs: number("baseMs"),
      maxDelayMs: number("maxDelayMs"),
    }),
    timeouts: group({ firstByteMs: number("firstByteMs"), stallMs: number("stallMs") }),
  });
}

function keysOf(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
  found: ReadonlyMap<Alias["to"], unknown>,
): StorageOptions["credentials"] {
  if (isTrue(found.get("anonymous"))) return "anonymous";
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? "access key id" : "secret access key";
    throw new ReaderError("config", `Half of the credentials are given; the ${missing} is missing.`);
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** One level of nesting as dotted names, next to what is there. */
function flatten(options: Loose): Loose {
  const flat: Record<string, unknown> = { ...options };
  for (const parent of ["client_kwargs", "s3_request_concurrency", "s3_request_retries"]) {
    const nested = options[parent];
    if (typeof nested !== "object" || nested === null) continue;
    delete flat[parent];
    for (const [name, value] of Object.entries(nested)) flat[`${parent}.${name}`] = value;
  }
  return flat;
}

function isTrue(value: unknown): boolean {
  return value === true || value === 1 || /^(true|1|yes|requester)$/i.test(String(value ?? ""));
}

function toNumber(name: string, value: unknown): number {
  const number = Number(value);
  if (Number.isFinite(number) && number >= 0) return number;
  throw new ReaderError("config", `${name} is not a number.`);
}

function group<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } | undefined {
  const known = defined(values);
  return Object.keys(known).length === 0 ? undefined : known;
}

function defined<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  ) as { [K in keyof T]?: NonNullable<T[K]> };
}
