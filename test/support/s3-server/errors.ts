/**
 * @module The refusals of S3: each code with its status and its sentence, and the XML they travel in.
 * Codes and sentences are those AWS answers; fields such as `Region` or `ServerTime` are what clients act on.
 */
import { element, XML_HEAD } from "./xml.js";

const TABLE = {
  AccessDenied: [403, "Access Denied"],
  AccessForbidden: [403, "CORSResponse: This CORS request is not allowed."],
  AuthorizationHeaderMalformed: [400, "The authorization header is malformed"],
  AuthorizationQueryParametersError: [400, "Error parsing the query authentication parameters"],
  BadDigest: [
    400,
    "The Content-MD5 or checksum value that you specified did not match what the server received.",
  ],
  BadRequest: [400, "Bad Request"],
  BucketAlreadyOwnedByYou: [
    409,
    "Your previous request to create the named bucket succeeded and you already own it.",
  ],
  BucketAlreadyExists: [409, "The requested bucket name is not available."],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty"],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed size"],
  ExpiredToken: [400, "The provided token has expired."],
  IncompleteBody: [
    400,
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
  ],
  InternalError: [500, "We encountered an internal error. Please try again."],
  InvalidAccessKeyId: [403, "The AWS Access Key Id you provided does not exist in our records."],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  InvalidPart: [400, "One or more of the specified parts could not be found."],
  InvalidPartOrder: [400, "The list of parts was not in ascending order."],
  InvalidRange: [416, "The requested range is not satisfiable"],
  InvalidRequest: [400, "Invalid Request"],
  InvalidToken: [400, "The provided token is malformed or otherwise invalid."],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, "Your key is too long"],
  MalformedPolicy: [400, "Policy has invalid content"],
  MalformedXML: [
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
  ],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchBucketPolicy: [404, "The bucket policy does not exist"],
  NoSuchCORSConfiguration: [404, "The CORS configuration does not exist"],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchUpload: [404, "The specified upload does not exist."],
  NotImplemented: [501, "A header or parameter you provided implies functionality that is not implemented"],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold"],
  RequestTimeTooSkewed: [403, "The difference between the request time and the current time is too large."],
  SignatureDoesNotMatch: [
    403,
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  ],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Record<string, readonly [number, string]>;

export type S3Code = keyof typeof TABLE;

/** A refusal on its way to the client. */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, string | number>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: S3Code,
    message?: string,
    more: { fields?: Record<string, string | number>; headers?: Record<string, string> } = {},
  ) {
    super(message ?? TABLE[code][1]);
    this.code = code;
    this.status = TABLE[code][0];
    this.fields = more.fields ?? {};
    this.headers = more.headers ?? {};
  }
}

/** The body of a refusal. */
export function errorXml(
  code: string,
  message: string,
  fields: Readonly<Record<string, string | number>>,
  requestId: string,
): Buffer {
  const inner =
    element("Code", code) +
    element("Message", message) +
    Object.entries(fields)
      .map(([name, value]) => element(name, String(value)))
      .join("") +
    element("RequestId", requestId) +
    element("HostId", hostId(requestId));
  return Buffer.from(`${XML_HEAD}<Error>${inner}</Error>`);
}

/** The second, longer request id S3 sends along. */
export function hostId(requestId: string): string {
  return Buffer.from(`embedded/${requestId}`).toString("base64");
}
