/**
 * Credentials that are looked up where the process runs: the environment by ourselves, the rest by the AWS SDK's
 * providers, a package that is asked for only then (docs/design/object-storage.md §13). In Node only.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { environmentVariable } from "../net/environment.js";
import type { Credentials, NamedCredentials } from "./credentials.js";

const packageName = "@aws-sdk/credential-providers";

/** The part of the package that is used: each makes a function that looks once. */
type Providers = Readonly<
  Record<
    "fromNodeProviderChain" | "fromIni" | "fromContainerMetadata" | "fromInstanceMetadata",
    (options?: { readonly profile?: string }) => () => Promise<Credentials>
  >
>;

const providerOf = {
  default: "fromNodeProviderChain",
  profile: "fromIni",
  ecs: "fromContainerMetadata",
  imds: "fromInstanceMetadata",
} as const;

/**
 * Looks once.
 *
 * @param importPackage replaces `import()`, for tests
 * @throws ReaderError `config` when there are none, or the package is not installed
 */
export async function loadNamedCredentials(
  source: NamedCredentials,
  importPackage: (name: string) => Promise<unknown> = importByName,
): Promise<Credentials> {
  const { type, profile } = source;
  if (type === "environment") return fromEnvironment();
  if (!Object.hasOwn(providerOf, type)) {
    const known = ["anonymous", "environment", ...Object.keys(providerOf)].join(", ");
    throw new ReaderError("config", `Credentials of type "${type}" are not one of ${known}.`);
  }
  const name = providerOf[type as keyof typeof providerOf];
  let providers: Providers;
  try {
    providers = (await importPackage(packageName)) as Providers;
  } catch {
    throw new ReaderError("config", `Credentials of type "${type}" need the package ${packageName}.`, {
      hint: `Install it (npm install ${packageName}), or pass keys or a callback.`,
    });
  }
  try {
    return await providers[name](profile === undefined ? {} : { profile })();
  } catch (thrown) {
    // The provider's text may quote what it read; only its name is told.
    const why = thrown instanceof Error ? thrown.name : typeof thrown;
    const which = profile === undefined ? `type "${type}"` : `profile "${profile}"`;
    throw new ReaderError("config", `No credentials of ${which} were found (${why}).`);
  }
}

/** The name is no literal, so bundlers find nothing to resolve. */
function importByName(name: string): Promise<unknown> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ name);
}

function fromEnvironment(): Credentials {
  const accessKeyId = environmentVariable("AWS_ACCESS_KEY_ID");
  const secretAccessKey = environmentVariable("AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new ReaderError(
      "config",
      "The environment holds no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; set them or pass credentials.",
    );
  }
  const sessionToken = environmentVariable("AWS_SESSION_TOKEN");
  const expiration = environmentVariable("AWS_CREDENTIAL_EXPIRATION");
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration: new Date(expiration) }),
  };
}
