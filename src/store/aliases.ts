/**
 * The names other libraries use for the same options: s3fs, obstore, tensorstore, TileDB, alsdb and ExZarr
 * (docs/design/object-storage.md §13). An option under its own name wins over its aliases.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { redactUrl } from "../net/redact.js";
import { isOwnName } from "./option-names.js";
import type { StorageOptions } from "./storage-options.js";

type Loose = Readonly<Record<string, unknown>>;

/** One option, or part of one, and how a foreign value becomes it. */
interface Alias {
  readonly to:
    | "region"
    | "endpoint"
    | "virtual"
    | "hostHeader"
    | "credentials"
    | "accessKeyId"
    | "secretAccessKey"
    | "sessionToken"
    | "sas"
    | "account"
    | "anonymous"
    | "requesterPays"
    | "maxRequestsPerOrigin"
    | "maxRequestsPerSecond"
    | "doublingTimeMs"
    | "attempts"
    | "baseMs"
    | "maxDelayMs"
    | "firstByteMs"
    | "stallMs"
    | "scheme"
    | "service"
    | "bucket"
    | "prefix"
    | "nothing";
  readonly scale?: number;
  /** Added after scaling: retries are attempts less one. */
  readonly plus?: number;
  /** A length of time as tensorstore writes it: `500ms`, `1.5s`, `5m`. */
  readonly isTime?: true;
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
  // obstore, with and without its `aws_`
  aws_access_key_id: { to: "accessKeyId" },
  access_key_id: { to: "accessKeyId" },
  aws_secret_access_key: { to: "secretAccessKey" },
  secret_access_key: { to: "secretAccessKey" },
  aws_session_token: { to: "sessionToken" },
  session_token: { to: "sessionToken" },
  aws_endpoint: { to: "endpoint" },
  aws_endpoint_url: { to: "endpoint" },
  aws_skip_signature: { to: "anonymous" },
  skip_signature: { to: "anonymous" },
  aws_virtual_hosted_style_request: { to: "virtual" },
  virtual_hosted_style_request: { to: "virtual" },
  aws_request_payer: { to: "requesterPays" },
  request_payer: { to: "requesterPays" },
  account_name: { to: "account" },
  sas_key: { to: "sas" },
  sas_token: { to: "sas" },
  // tensorstore
  aws_region: { to: "region" },
  aws_credentials: { to: "credentials" },
  host_header: { to: "hostHeader" },
  "s3_request_concurrency.limit": { to: "maxRequestsPerOrigin" },
  "s3_request_retries.max_retries": { to: "attempts", plus: 1 },
  "s3_request_retries.initial_delay": { to: "baseMs", isTime: true },
  "s3_request_retries.max_delay": { to: "maxDelayMs", isTime: true },
  "experimental_s3_rate_limiter.read_rate": { to: "maxRequestsPerSecond" },
  "experimental_s3_rate_limiter.doubling_time": { to: "doublingTimeMs", isTime: true },
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
  "vfs.s3.max_retries": { to: "attempts", plus: 1 },
  "vfs.s3.connect_scale_factor": { to: "baseMs" },
  "vfs.s3.backoff_scale": { to: "baseMs", scale: 100 },
  "vfs.s3.backoff_max_ms": { to: "maxDelayMs" },
  "vfs.s3.max_parallel_ops": { to: "maxRequestsPerOrigin" },
  "vfs.s3.requester_pays": { to: "requesterPays" },
  // What says how to retry or to write, and changes nothing that is read
  "vfs.s3.retry_strategy": { to: "nothing" },
  "vfs.s3.aws_payload_signing": { to: "nothing" },
  "vfs.s3.use_multipart_upload": { to: "nothing" },
  "vfs.s3.multipart_part_size": { to: "nothing" },
  "vfs.s3.multipart_threshold": { to: "nothing" },
  // alsdb
  storage_type: { to: "service" },
  url: { to: "endpoint" },
  // ExZarr
  storage: { to: "service" },
  bucket: { to: "bucket" },
  prefix: { to: "prefix" },
};

/**
 * The options with every alias replaced by the option it means, and the location they complete. Nested objects of the
 * seeds (`client_kwargs`, `s3_request_retries`, `s3_config_overrides`) are looked into.
 *
 * @throws ReaderError `config` for half of a pair of keys, a number that is none, or two buckets
 */
export function resolveAliases<L extends string | URL>(
  location: L,
  options: StorageOptions,
): { location: L | string; options: StorageOptions } {
  const found = new Map<Alias["to"], unknown>();
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(flatten(options as Loose))) {
    const lower = name.toLowerCase();
    const alias = Object.hasOwn(aliases, lower) ? aliases[lower] : undefined;
    if (alias === undefined) {
      if (!isOwnName(name) && value !== undefined) unknown.push(name);
    } else if (value !== undefined && value !== null && value !== "") {
      found.set(alias.to, convert(name, value, alias));
    }
  }
  if (unknown.length > 0) {
    options.onDiagnostic?.({ code: "unknown-option", message: `Not known here: ${unknown.join(", ")}.` });
  }
  // Whoever is handed the rest does not tell them again.
  const known = Object.fromEntries(Object.entries(options).filter(([name]) => !unknown.includes(name)));
  if (found.size === 0) return { location, options: known };
  return {
    location: completeLocation(location, found),
    options: { ...translate(found), ...defined(known) },
  };
}

function convert(name: string, value: unknown, { scale, plus, isTime }: Alias): unknown {
  if (isTime) return toMilliseconds(name, value);
  if (scale === undefined && plus === undefined) return value;
  return toNumber(name, value) * (scale ?? 1) + (plus ?? 0);
}

/** ExZarr names bucket and prefix beside the kind of storage; alsdb the kind beside the address. */
function completeLocation<L extends string | URL>(
  location: L,
  found: ReadonlyMap<Alias["to"], unknown>,
): L | string {
  const text = String(location);
  const scheme = /^([a-z0-9+]+):/i.exec(text)?.[1]?.toLowerCase();
  const service = found.get("service");
  if (/^s3$/i.test(String(service ?? "")) && scheme !== undefined && !scheme.startsWith("s3")) {
    throw new ReaderError("config", `The storage is said to be S3, and "${redactUrl(text)}" is not.`);
  }
  const bucket = found.get("bucket");
  if (bucket === undefined) {
    if (!found.has("prefix")) return location;
    throw new ReaderError("config", "A prefix without a bucket says nothing: put both in the location.");
  }
  if (!/^((s3|gs):(\/\/)?)?$/i.test(text)) {
    throw new ReaderError("config", `"${redactUrl(text)}" and the option bucket both say where to read.`, {
      hint: 'With bucket and prefix as options the location is just "s3://".',
    });
  }
  return `${scheme ?? "s3"}://${String(bucket)}/${String(found.get("prefix") ?? "").replace(/^\//, "")}`;
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
    hostHeader: text("hostHeader"),
    account: text("account"),
    credentials: credentialsOf(found, text),
    requesterPays: found.has("requesterPays") ? isTrue(found.get("requesterPays")) : undefined,
    maxRequestsPerOrigin: number("maxRequestsPerOrigin"),
    maxRequestsPerSecond: number("maxRequestsPerSecond"),
    doublingTimeMs: number("doublingTimeMs"),
    retries: group({
      attempts: number("attempts"),
      baseMs: number("baseMs"),
      maxDelayMs: number("maxDelayMs"),
    }),
    timeouts: group({ firstByteMs: number("firstByteMs"), stallMs: number("stallMs") }),
  });
}

function credentialsOf(
  found: ReadonlyMap<Alias["to"], unknown>,
  text: (to: Alias["to"]) => string | undefined,
): StorageOptions["credentials"] {
  if (isTrue(found.get("anonymous"))) return "anonymous";
  const named = found.get("credentials") as StorageOptions["credentials"];
  if (named !== undefined) return named;
  const sas = text("sas");
  if (sas !== undefined) return { sas };
  const accessKeyId = text("accessKeyId");
  const secretAccessKey = text("secretAccessKey");
  const sessionToken = text("sessionToken");
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? "access key id" : "secret access key";
    throw new ReaderError("config", `Half of the credentials are given; the ${missing} is missing.`);
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

const nested: Readonly<Record<string, string>> = {
  client_kwargs: "client_kwargs.",
  s3_request_concurrency: "s3_request_concurrency.",
  s3_request_retries: "s3_request_retries.",
  experimental_s3_rate_limiter: "experimental_s3_rate_limiter.",
  // alsdb's, whose names are whole
  s3_config_overrides: "",
};

/** One level of nesting as dotted names, next to what is there. */
function flatten(options: Loose): Loose {
  const flat: Record<string, unknown> = { ...options };
  for (const [parent, prefix] of Object.entries(nested)) {
    const inner = options[parent];
    if (typeof inner !== "object" || inner === null) continue;
    delete flat[parent];
    for (const [name, value] of Object.entries(inner)) flat[prefix + name] = value;
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

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

function toMilliseconds(name: string, value: unknown): number {
  const [, amount, unit] = /^([\d.]+)(ns|us|ms|s|m|h)$/.exec(String(value)) ?? [];
  if (unit !== undefined && Number.isFinite(Number(amount))) return Number(amount) * unitMs[unit]!;
  throw new ReaderError("config", `${name} is not a length of time such as "500ms" or "5m".`);
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
