/**
 * @module ListObjects, versions 1 and 2: prefix, delimiter, paging, and the URL encoding of names.
 */
import { type Bucket, compareUtf8 } from "./bucket.js";
import { S3Error } from "./errors.js";
import type { State } from "./exchange.js";
import { encodeStrict } from "./target.js";
import { element, S3_NAMESPACE, XML_HEAD } from "./xml.js";

interface Page {
  readonly keys: string[];
  readonly prefixes: string[];
  /** The last key or common prefix of the page, if more follow. */
  readonly more: string | undefined;
}

export const LIST_PARAMETERS = [
  "list-type",
  "prefix",
  "delimiter",
  "max-keys",
  "continuation-token",
  "start-after",
  "encoding-type",
  "fetch-owner",
  "marker",
];

/** The XML of one page. @throws S3Error `InvalidArgument` */
export async function listXml(
  bucket: Bucket,
  query: ReadonlyMap<string, string>,
  state: State,
): Promise<string> {
  const version2 = query.get("list-type") === "2";
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const startAfter = query.get("start-after") ?? "";
  const token = version2 ? query.get("continuation-token") : undefined;
  const after =
    token === undefined ? (version2 ? startAfter : (query.get("marker") ?? "")) : readToken(token);
  const maxKeys = readMaxKeys(query.get("max-keys"));
  const encoding = query.get("encoding-type");
  if (encoding !== undefined && encoding !== "url") {
    throw invalid("Invalid Encoding Method specified in Request", "encoding-type", encoding);
  }
  const name = (text: string): string => {
    if (encoding === undefined) return text;
    const url = text.split("/").map(encodeStrict).join("/");
    return state.listSpace === "plus" ? url.replaceAll("%20", "+") : url;
  };

  const keys = await bucket.sortedKeys();
  // A start-after inside a common prefix still shows that prefix; a token or marker that is one has shown it.
  const page = takePage(keys, {
    prefix,
    delimiter,
    after,
    limit: Math.min(maxKeys, state.maxKeys),
    resumed: token !== undefined || !version2,
  });
  const contents: string[] = [];
  for (const key of page.keys) {
    const object = await bucket.find(key);
    if (!object) continue;
    contents.push(
      `<Contents>${element("Key", name(key))}${element("LastModified", object.lastModified.toISOString())}${element("ETag", object.etag)}${element("Size", String(object.size))}<StorageClass>STANDARD</StorageClass></Contents>`,
    );
  }
  const optional = (tag: string, value: string | undefined): string => (value ? element(tag, value) : "");
  const head = version2
    ? element("KeyCount", String(page.keys.length + page.prefixes.length)) +
      optional("ContinuationToken", token) +
      optional("NextContinuationToken", page.more === undefined ? undefined : writeToken(page.more)) +
      optional("StartAfter", name(startAfter))
    : element("Marker", name(query.get("marker") ?? "")) +
      optional("NextMarker", delimiter !== "" && page.more !== undefined ? name(page.more) : undefined);
  return `${XML_HEAD}<ListBucketResult xmlns="${S3_NAMESPACE}">${element("Name", bucket.name)}${element("Prefix", name(prefix))}${head}${element("MaxKeys", String(maxKeys))}${optional("Delimiter", name(delimiter))}${optional("EncodingType", encoding)}${element("IsTruncated", String(page.more !== undefined))}${contents.join("")}${page.prefixes.map((text) => `<CommonPrefixes>${element("Prefix", name(text))}</CommonPrefixes>`).join("")}</ListBucketResult>`;
}

function takePage(
  sorted: readonly string[],
  options: { prefix: string; delimiter: string; after: string; limit: number; resumed: boolean },
): Page {
  const { prefix, delimiter, after, limit, resumed } = options;
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  const from =
    after !== "" && compareUtf8(after, prefix) >= 0 ? firstAbove(sorted, after) : firstFrom(sorted, prefix);
  for (let i = from; i < sorted.length; i++) {
    const key = sorted[i]!;
    if (!key.startsWith(prefix)) break;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const common = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    if (common !== undefined && (common === prefixes.at(-1) || (resumed && common === after))) continue;
    if (keys.length + prefixes.length >= limit)
      return { keys, prefixes, more: limit === 0 ? undefined : last };
    if (common === undefined) keys.push(key);
    else prefixes.push(common);
    last = common ?? key;
  }
  return { keys, prefixes, more: undefined };
}

function firstFrom(sorted: readonly string[], text: string): number {
  return search(sorted, (key) => compareUtf8(key, text) >= 0);
}

function firstAbove(sorted: readonly string[], text: string): number {
  return search(sorted, (key) => compareUtf8(key, text) > 0);
}

function search(sorted: readonly string[], isRight: (key: string) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isRight(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function readMaxKeys(text: string | undefined): number {
  if (text === undefined) return 1000;
  if (!/^-?\d+$/.test(text))
    throw invalid("Provided max-keys not an integer or within integer range", "max-keys", text);
  if (Number(text) < 0)
    throw invalid("Argument max-keys must be an integer between 0 and 2147483647", "max-keys", text);
  return Math.min(Number(text), 1000);
}

function writeToken(last: string): string {
  return `1${Buffer.from(last).toString("base64url")}`;
}

function readToken(token: string): string {
  const last = /^1[\w-]+$/.test(token) ? Buffer.from(token.slice(1), "base64url").toString() : "";
  if (last === "" || writeToken(last) !== token) {
    throw invalid("The continuation token provided is incorrect", "continuation-token", token);
  }
  return last;
}

function invalid(message: string, name: string, value: string): S3Error {
  return new S3Error("InvalidArgument", message, { fields: { ArgumentName: name, ArgumentValue: value } });
}
