/**
 * The rule that lets a page read, as each kind of host takes it (docs/design/object-storage.md §11).
 *
 * @module
 */

export interface CorsRule {
  readonly service: "S3" | "Google Cloud Storage" | "Azure Blob Storage" | "nginx";
  /** Where it goes. */
  readonly how: string;
  /** To paste. */
  readonly text: string;
}

/** What is read where it is shown; everything works, with more requests, where it is not. */
const exposed = [
  "ETag",
  "Content-Range",
  "Accept-Ranges",
  "Content-Encoding",
  "Date",
  "Retry-After",
] as const;
const exposedByS3 = [
  ...exposed,
  "x-amz-bucket-region",
  "x-amz-request-id",
  "x-amz-id-2",
  "x-amz-request-charged",
];
const maxAgeSeconds = 3600;

/** All rules, the one for the host of an address first. */
export function corsRulesFor(location: string, origin: string): readonly CorsRule[] {
  const first = serviceOf(location);
  const rules = [s3Rule(origin), gcsRule(origin), azureRule(origin), nginxRule(origin)];
  return rules.sort((a, b) => Number(b.service === first) - Number(a.service === first));
}

function serviceOf(location: string): CorsRule["service"] {
  if (/^(gs:|https?:\/\/([^/]*\.)?storage\.googleapis\.com)/i.test(location)) return "Google Cloud Storage";
  if (/^(az:|abfs|https?:\/\/[^/]*\.(blob|dfs)\.core\.windows\.net)/i.test(location))
    return "Azure Blob Storage";
  if (/^(s3:|s3\+|https?:\/\/[^/]*\.(amazonaws\.com|r2\.cloudflarestorage\.com))/i.test(location))
    return "S3";
  return "nginx";
}

function s3Rule(origin: string): CorsRule {
  const rule = {
    AllowedOrigins: [origin],
    AllowedMethods: ["GET", "HEAD"],
    AllowedHeaders: ["*"],
    ExposeHeaders: exposedByS3,
    MaxAgeSeconds: maxAgeSeconds,
  };
  return {
    service: "S3",
    how: 'In the console under Permissions, CORS. For "aws s3api put-bucket-cors" wrap it as { "CORSRules": … }.',
    text: compactJson([rule]),
  };
}

/** Google's one list of headers is both: those that may be sent and those that are shown. */
function gcsRule(origin: string): CorsRule {
  const rule = {
    origin: [origin],
    method: ["GET", "HEAD"],
    responseHeader: [...exposed, "Authorization", "Range", "x-goog-generation"],
    maxAgeSeconds,
  };
  return {
    service: "Google Cloud Storage",
    how: "Save it as cors.json, then: gcloud storage buckets update gs://BUCKET --cors-file=cors.json",
    text: compactJson([rule]),
  };
}

function azureRule(origin: string): CorsRule {
  return {
    service: "Azure Blob Storage",
    how: "For the whole account: in the portal under Resource sharing (CORS), or by Set Blob Service Properties.",
    text: `<Cors>
  <CorsRule>
    <AllowedOrigins>${origin}</AllowedOrigins>
    <AllowedMethods>GET,HEAD,OPTIONS</AllowedMethods>
    <AllowedHeaders>*</AllowedHeaders>
    <ExposedHeaders>${[...exposed, "x-ms-error-code", "x-ms-request-id"].join(",")}</ExposedHeaders>
    <MaxAgeInSeconds>${maxAgeSeconds}</MaxAgeInSeconds>
  </CorsRule>
</Cors>`,
  };
}

/** An `if` drops what was added outside of it, so the preflight repeats the origin. */
function nginxRule(origin: string): CorsRule {
  return {
    service: "nginx",
    how: "Inside the location that serves the data; the second part only for requests with headers of your own.",
    text: `add_header Access-Control-Allow-Origin "${origin}" always;
add_header Access-Control-Expose-Headers "${exposed.join(", ")}" always;
add_header Vary Origin always;

if ($request_method = OPTIONS) {
  add_header Access-Control-Allow-Origin "${origin}";
  add_header Access-Control-Allow-Methods "GET, HEAD";
  add_header Access-Control-Allow-Headers "Authorization, Range, X-Api-Key";
  add_header Access-Control-Max-Age ${maxAgeSeconds};
  return 204;
}`,
  };
}

/** Lists of words on one line: the rule is read by people first. */
function compactJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    /\[\s+("[^[\]{}]*")\s+\]/g,
    (_, words: string) => `[${words.replace(/\s*\n\s*/g, " ")}]`,
  );
}
