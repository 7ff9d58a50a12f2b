/**
 * @module A bucket's CORS rules, applied as S3 applies them: to the actual request by origin and method, to the
 * preflight also by the headers it asks for; the first rule that fits decides.
 */
import type { IncomingMessage } from "node:http";
import { S3Error } from "./errors.js";
import type { CorsRule } from "./types.js";
import { childrenOf, element, parseXml, S3_NAMESPACE, textsOf, XML_HEAD } from "./xml.js";

/** The rule our README recommends (docs/design/object-storage.md §11), for any origin. */
export const RECOMMENDED_CORS: readonly CorsRule[] = [
  {
    AllowedOrigins: ["*"],
    AllowedMethods: ["GET", "HEAD"],
    AllowedHeaders: ["*"],
    ExposeHeaders: [
      "ETag",
      "Content-Range",
      "Accept-Ranges",
      "Content-Encoding",
      "Date",
      "Retry-After",
      "x-amz-bucket-region",
      "x-amz-request-id",
      "x-amz-id-2",
      "x-amz-request-charged",
    ],
    MaxAgeSeconds: 3600,
  },
];

const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/** The headers an actual (not preflight) answer gets. */
export function corsHeaders(rules: readonly CorsRule[], req: IncomingMessage): Record<string, string> {
  const origin = req.headers.origin;
  if (rules.length === 0) return {};
  if (origin === undefined) return { Vary: VARY };
  const rule = rules.find(
    (candidate) => fitsOrigin(candidate, origin) && candidate.AllowedMethods.includes(req.method!),
  );
  return rule ? describeRule(rule, origin) : { Vary: VARY };
}

/** The headers of the answer to a preflight. @throws S3Error `AccessForbidden`, or `BadRequest` when it is none. */
export function preflightHeaders(
  rules: readonly CorsRule[] | undefined,
  req: IncomingMessage,
): Record<string, string> {
  const origin = req.headers.origin;
  const method = req.headers["access-control-request-method"];
  if (origin === undefined) {
    throw new S3Error("BadRequest", "Insufficient information. Origin request header needed.");
  }
  if (method === undefined) throw new S3Error("BadRequest", "Invalid Access-Control-Request-Method: null");
  if (!rules || rules.length === 0) {
    throw new S3Error("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", {
      fields: { Method: method, ResourceType: rules ? "OBJECT" : "BUCKET" },
    });
  }
  const asked = (req.headers["access-control-request-headers"] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const rule = rules.find(
    (candidate) =>
      fitsOrigin(candidate, origin) &&
      candidate.AllowedMethods.includes(method) &&
      asked.every((name) =>
        candidate.AllowedHeaders?.some((pattern) => fitsPattern(pattern.toLowerCase(), name)),
      ),
  );
  if (!rule) {
    throw new S3Error(
      "AccessForbidden",
      "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      { fields: { Method: method, ResourceType: "OBJECT" } },
    );
  }
  const headers = describeRule(rule, origin);
  if (asked.length > 0) headers["Access-Control-Allow-Headers"] = asked.join(", ");
  return headers;
}

function describeRule(rule: CorsRule, origin: string): Record<string, string> {
  const any = rule.AllowedOrigins.includes("*");
  return {
    "Access-Control-Allow-Origin": any ? "*" : origin,
    "Access-Control-Allow-Methods": rule.AllowedMethods.join(", "),
    ...(any ? {} : { "Access-Control-Allow-Credentials": "true" }),
    ...(rule.ExposeHeaders?.length ? { "Access-Control-Expose-Headers": rule.ExposeHeaders.join(", ") } : {}),
    ...(rule.MaxAgeSeconds === undefined ? {} : { "Access-Control-Max-Age": String(rule.MaxAgeSeconds) }),
    Vary: VARY,
  };
}

function fitsOrigin(rule: CorsRule, origin: string): boolean {
  return rule.AllowedOrigins.some((pattern) => fitsPattern(pattern, origin));
}

/** S3 allows one `*` anywhere in a pattern. */
function fitsPattern(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  const head = pattern.slice(0, star);
  const tail = pattern.slice(star + 1);
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}

/** Reads the body of `PUT ?cors`. @throws S3Error `MalformedXML`, `InvalidRequest`. */
export function parseCorsXml(body: string): CorsRule[] {
  const root = parseXml(body);
  if (root?.name !== "CORSConfiguration" || root.children.length === 0) throw new S3Error("MalformedXML");
  return childrenOf(root, "CORSRule").map((node) => {
    const AllowedOrigins = textsOf(node, "AllowedOrigin");
    const AllowedMethods = textsOf(node, "AllowedMethod");
    if (AllowedOrigins.length === 0 || AllowedMethods.length === 0) throw new S3Error("MalformedXML");
    const odd = AllowedMethods.find((method) => !["GET", "HEAD", "PUT", "POST", "DELETE"].includes(method));
    if (odd !== undefined) {
      throw new S3Error(
        "InvalidRequest",
        `Found unsupported HTTP method in CORS config. Unsupported method is ${odd}`,
      );
    }
    const maxAge = textsOf(node, "MaxAgeSeconds")[0];
    const id = textsOf(node, "ID")[0];
    return {
      AllowedOrigins,
      AllowedMethods,
      AllowedHeaders: textsOf(node, "AllowedHeader"),
      ExposeHeaders: textsOf(node, "ExposeHeader"),
      ...(maxAge === undefined ? {} : { MaxAgeSeconds: Number(maxAge) }),
      ...(id === undefined ? {} : { ID: id }),
    };
  });
}

/** Writes the body of `GET ?cors`. */
export function corsXml(rules: readonly CorsRule[]): string {
  const inner = rules
    .map((rule) => {
      const many = (name: string, values: readonly string[] = []): string =>
        values.map((value) => element(name, value)).join("");
      return `<CORSRule>${rule.ID === undefined ? "" : element("ID", rule.ID)}${many("AllowedMethod", rule.AllowedMethods)}${many("AllowedOrigin", rule.AllowedOrigins)}${many("AllowedHeader", rule.AllowedHeaders)}${rule.MaxAgeSeconds === undefined ? "" : element("MaxAgeSeconds", String(rule.MaxAgeSeconds))}${many("ExposeHeader", rule.ExposeHeaders)}</CORSRule>`;
    })
    .join("");
  return `${XML_HEAD}<CORSConfiguration xmlns="${S3_NAMESPACE}">${inner}</CORSConfiguration>`;
}
