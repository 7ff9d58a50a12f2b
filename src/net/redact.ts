/**
 * One place that takes secrets out of URLs before anyone sees them (docs/design/object-storage.md §13).
 *
 * @module
 */

const secretNames: ReadonlySet<string> = new Set([
  "x-amz-signature",
  "x-amz-credential",
  "x-amz-security-token",
  "signature",
  "awsaccesskeyid",
  "googleaccessid",
  "sig",
  "sv",
  "se",
  "skoid",
  "access_token",
  "token",
]);

function isSecretName(name: string): boolean {
  const lower = name.toLowerCase();
  return secretNames.has(lower) || lower.startsWith("x-goog-");
}

/**
 * The URL without user name, password, fragment and the values of secret query parameters, fit for messages and logs.
 * What is not a URL loses everything from its first `?`, `#` and up to its last `@`.
 */
export function redactUrl(url: string | URL): string {
  const text = String(url);
  let parsed: URL;
  try {
    parsed = new URL(text);
  } catch {
    return text.replace(/[?#].*$/s, "").replace(/^([a-z0-9+.-]*:?\/\/)?[^/]*@/i, "$1");
  }
  const bare = text.replace(/#.*$/s, "").replace(/^([a-z0-9+.-]+:\/\/)[^/?]*@/i, "$1");
  const queryAt = bare.indexOf("?");
  if (parsed.search === "" || queryAt === -1) return bare;
  const pairs = bare
    .slice(queryAt + 1)
    .split("&")
    .map((pair) => {
      const name = pair.split("=", 1)[0]!;
      return isSecretName(decodeName(name)) ? `${name}=redacted` : pair;
    });
  return `${bare.slice(0, queryAt)}?${pairs.join("&")}`;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}

/** Scheme, host and path alone: what errors carry. */
export function bareUrl(url: string): string {
  return redactUrl(url).replace(/\?.*$/s, "");
}
