/**
 * Reads the few harmless fields of a storage error body. The rest is dropped unseen: some errors echo the string to
 * sign or the session token (docs/design/object-storage.md §13).
 *
 * @module
 */

export interface ErrorFields {
  readonly code?: string;
  readonly message?: string;
  readonly requestId?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly serverTime?: string;
}

/** Longest error body that is looked at. */
export const maxErrorBodyBytes: number = 64 * 1024;

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Replaces the five named entities of XML and numeric references. */
export function decodeEntities(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return entities[name] ?? whole;
    const point = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

function textOf(xml: string, tag: string): string | undefined {
  const found = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml);
  return found === null ? undefined : decodeEntities(found[1]!);
}

/** The region in the name of an AWS endpoint, as redirects give it: `b.s3-eu-west-1.amazonaws.com`. */
export function regionOfEndpoint(endpoint: string | undefined): string | undefined {
  return /(?:^|\.)s3[.-]([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(endpoint ?? "")?.[1];
}

/** Google says of both objects and buckets that they are `notFound`, of reads of data even without a code. */
const noBucket = /^the specified bucket does not exist/i;

/** The fields of an `<Error>` document, or of what Google answers in JSON and plain text; empty when the text is none. */
export function parseErrorBody(text: string): ErrorFields {
  if (text.startsWith("{")) return parseJsonError(text);
  if (noBucket.test(text)) return { code: "NoSuchBucket" };
  if (!/<Error[\s>]/.test(text)) return {};
  const fields: Record<string, string> = {};
  const wanted = {
    code: "Code",
    message: "Message",
    requestId: "RequestId",
    region: "Region",
    endpoint: "Endpoint",
    serverTime: "ServerTime",
  };
  for (const [field, tag] of Object.entries(wanted)) {
    const value = textOf(text, tag);
    if (value !== undefined && value !== "") fields[field] = value.slice(0, 500);
  }
  return fields;
}

function parseJsonError(text: string): ErrorFields {
  try {
    const parsed = JSON.parse(text) as { error?: { message?: unknown; errors?: { reason?: unknown }[] } };
    if (noBucket.test(String(parsed.error?.message))) return { code: "NoSuchBucket" };
    const code = parsed.error?.errors?.[0]?.reason;
    return typeof code === "string" ? { code: code.slice(0, 500) } : {};
  } catch {
    return {};
  }
}
