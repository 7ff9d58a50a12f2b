/**
 * A secret as it was given, checked (docs/design/object-storage.md §13).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { Credentials, Grant } from "./credentials.js";

/** What a grant may look like, with the capitals of AWS's own answers. */
type Loose = Partial<
  Record<
    | "accessKeyId"
    | "AccessKeyId"
    | "secretAccessKey"
    | "SecretAccessKey"
    | "sessionToken"
    | "SessionToken"
    | "token"
    | "sas",
    unknown
  > &
    Record<"expiration" | "Expiration", Date>
>;

/** A copy with the known fields only. @throws ReaderError `config` for what cannot be right */
export function checkGrant(grant: Grant): Grant {
  const given: Loose = grant ?? {};
  const id = given.accessKeyId ?? given.AccessKeyId;
  const secret = given.secretAccessKey ?? given.SecretAccessKey;
  const session = given.sessionToken ?? given.SessionToken;
  const { token } = given;
  const sas = typeof given.sas === "string" ? given.sas.replace(/^\?/, "") : undefined;
  if (/[\r\n]/.test([id, secret, session, token, sas].join(""))) {
    throw new ReaderError("config", "Credentials hold a line break; check how they were copied.");
  }
  const told = given.expiration ?? given.Expiration ?? new URLSearchParams(sas).get("se") ?? undefined;
  const when = told === undefined ? undefined : new Date(told);
  if (when !== undefined && Number.isNaN(when.getTime())) {
    throw new ReaderError("config", "The expiration of the credentials is not a date.");
  }
  const life = when === undefined ? {} : { expiration: when };
  if (isText(sas)) return { sas, ...life };
  if (isText(token) && id === undefined) return { token, ...life };
  if (!isText(id) || typeof secret !== "string") {
    throw new ReaderError("config", "Credentials need accessKeyId and secretAccessKey, both as text.");
  }
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(isText(session) ? { sessionToken: session } : {}),
    ...life,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** @throws ReaderError `config` for a grant that cannot sign */
export function asKeys(grant: Grant): Credentials {
  if ("accessKeyId" in grant) return grant;
  throw new ReaderError("config", "S3 requests are signed with keys; a token or SAS is for gs: and az:.");
}
