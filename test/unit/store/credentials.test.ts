/**
 * Keys on demand: one refresh for all, in time, and never more often than is polite.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { CredentialProvider } from "../../../src/store/credential-provider.js";
import { type Credentials, resolveCredentials } from "../../../src/store/credentials.js";
import { asKeys } from "../../../src/store/grant.js";

const keys = (more: Partial<Credentials> = {}): Credentials => ({
  accessKeyId: "A",
  secretAccessKey: "S",
  ...more,
});
const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);

describe("CredentialProvider", () => {
  it("asks once for all who wait, and again shortly before the end", async () => {
    let asked = 0;
    let minutes = 60;
    const provider = new CredentialProvider(async () => {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return keys({ accessKeyId: `A${asked}`, expiration: inMinutes(minutes) });
    });
    const first = await Promise.all([provider.get(), provider.get(), provider.get()]);
    expect(first.map((grant) => asKeys(grant).accessKeyId)).toEqual(["A1", "A1", "A1"]);
    await provider.get();
    expect(asked).toBe(1);
    minutes = 4;
    expect(await provider.replace(undefined)).toBeUndefined();
    expect(asked).toBe(2);
    expect(asKeys(await provider.get()).accessKeyId).toBe("A3");
  });

  it("keeps keys that still work when a renewal fails, and pauses before it asks again", async () => {
    let fail = false;
    let asked = 0;
    const provider = new CredentialProvider(async () => {
      asked++;
      if (fail) throw new Error("no network");
      return keys({ expiration: inMinutes(3) });
    });
    await provider.get();
    fail = true;
    expect(asKeys(await provider.get()).accessKeyId).toBe("A");
    // During the pause too: nobody is asked, and the keys still serve.
    expect(asKeys(await provider.get()).accessKeyId).toBe("A");
    expect(asked).toBe(2);
    expect(await provider.replace(undefined)).toMatch(/callback failed/);
    expect(asked).toBe(2);
  });

  it("lets one reader leave without disturbing the others", async () => {
    const provider = new CredentialProvider(
      () => new Promise((resolve) => setTimeout(() => resolve(keys()), 10)),
    );
    const controller = new AbortController();
    const leaves = provider.get({ signal: controller.signal });
    const stays = provider.get();
    controller.abort("left");
    await expect(leaves).rejects.toBe("left");
    expect(asKeys(await stays).accessKeyId).toBe("A");
  });

  it.each([
    {},
    { accessKeyId: "A" },
    { accessKeyId: "", secretAccessKey: "S" },
    { ...keys(), expiration: "never" },
  ])("refuses %o", async (given) => {
    expect(() => new CredentialProvider(given as never)).toThrow(/config/);
    await expect(new CredentialProvider(async () => given as never).get()).rejects.toMatchObject({
      code: "config",
    });
  });
});

describe("resolveCredentials", () => {
  it("takes a session token given beside the keys", async () => {
    const resolved = resolveCredentials(keys(), "T");
    if (resolved.kind !== "keys") throw new Error("expected keys");
    expect(asKeys(await resolved.provider.get()).sessionToken).toBe("T");
  });

  it("takes what AWS itself answers", async () => {
    const told = { AccessKeyId: "A", SecretAccessKey: "S", SessionToken: "T", Expiration: inMinutes(60) };
    expect(await new CredentialProvider(told as never).get()).toMatchObject(keys({ sessionToken: "T" }));
  });

  it("refuses what is none of them", () => {
    expect(() => resolveCredentials(42 as never)).toThrow(/config/);
    expect(() => asKeys({ token: "T" })).toThrow(/config/);
  });
});
