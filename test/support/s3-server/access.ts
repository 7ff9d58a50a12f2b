/**
 * @module Who may do what: the owner what its keys allow, everyone what the bucket makes public. Reads the part of
 * bucket policies that says "everyone may read" and refuses the rest by name.
 */
import type { Bucket } from "./bucket.js";
import { S3Error } from "./errors.js";
import type { Identity } from "./sigv4.js";
import type { Action } from "./types.js";

export function isAllowed(identity: Identity, action: Action, bucket: Bucket, key: string): boolean {
  if (identity.kind !== "anonymous") {
    const { account } = identity;
    if (userOf(account) === bucket.owner && (account.actions?.includes(action) ?? true)) return true;
  }
  if (action === "s3:GetObject") return covers(bucket.publicRead, key);
  if (action === "s3:ListBucket") return covers(bucket.publicList, key);
  return false;
}

/** @throws S3Error `AccessDenied` */
export function demand(identity: Identity, action: Action, bucket: Bucket, key: string): void {
  if (!isAllowed(identity, action, bucket, key)) throw new S3Error("AccessDenied");
}

export function userOf(account: { user?: string; accessKeyId: string }): string {
  return account.user ?? account.accessKeyId;
}

function covers(scope: boolean | readonly string[], key: string): boolean {
  return typeof scope === "boolean" ? scope : scope.some((prefix) => key.startsWith(prefix));
}

/** What a policy document makes public. @throws S3Error `MalformedPolicy`, `NotImplemented`. */
export function parsePolicy(text: string, bucket: string): Pick<Bucket, "publicRead" | "publicList"> {
  let document: { Statement?: unknown };
  try {
    document = JSON.parse(text);
  } catch {
    throw new S3Error("MalformedPolicy", "This policy contains invalid Json");
  }
  const read: string[] = [];
  const list: string[] = [];
  for (const statement of asArray(document?.Statement) as Record<string, unknown>[]) {
    const everyone =
      statement.Principal === "*" ||
      asArray((statement.Principal as { AWS?: unknown } | undefined)?.AWS)[0] === "*";
    if (!everyone || statement.Effect !== "Allow") {
      throw new S3Error("NotImplemented", 'Policies here may only allow, and only everyone (Principal "*").');
    }
    for (const action of asArray(statement.Action)) {
      for (const resource of asArray(statement.Resource)) {
        const match = /^arn:aws:s3:::([^/]+)(?:\/(.*))?$/.exec(String(resource));
        if (match?.[1] !== bucket) throw new S3Error("MalformedPolicy", "Policy has invalid resource");
        if (action === "s3:GetObject" && match[2]?.endsWith("*") && statement.Condition === undefined) {
          read.push(match[2].slice(0, -1));
        } else if (action === "s3:ListBucket" && match[2] === undefined)
          list.push(...listPrefixes(statement.Condition));
        else throw new S3Error("NotImplemented", `Policies here do not know ${action} on ${resource}.`);
      }
    }
  }
  return { publicRead: fold(read), publicList: fold(list) };
}

function listPrefixes(condition: unknown): string[] {
  if (condition === undefined) return [""];
  const like = (condition as { StringLike?: Record<string, unknown> }).StringLike?.["s3:prefix"];
  const prefixes = asArray(like).map(String);
  if (prefixes.length === 0 || prefixes.some((prefix) => !prefix.endsWith("*"))) {
    throw new S3Error("NotImplemented", 'Policies here know only the condition StringLike s3:prefix "…*".');
  }
  return prefixes.map((prefix) => prefix.slice(0, -1));
}

function fold(prefixes: string[]): boolean | string[] {
  if (prefixes.length === 0) return false;
  return prefixes.includes("") ? true : prefixes;
}

function asArray(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
