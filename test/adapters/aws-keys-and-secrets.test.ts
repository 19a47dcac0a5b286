import { createHmac } from "node:crypto";
import {
  GenerateMacCommand,
  KMSClient,
  KMSInternalException,
  KMSInvalidMacException,
  VerifyMacCommand,
} from "@aws-sdk/client-kms";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { asmSecrets, asmTenantData } from "../../adapters/aws/asm-secrets.ts";
import { kmsSigner } from "../../adapters/aws/kms-signer.ts";
import { ensurePlatformKey, readPlatformKey } from "../../adapters/aws/platform-key.ts";

const region = "eu-central-1";
const said = (message: string) => ({ message, $metadata: { httpStatusCode: 400 } });

const kms = mockClient(KMSClient);
const manager = mockClient(SecretsManagerClient);
/** What Secrets Manager holds, by name. */
const held = new Map<string, string>();

beforeEach(() => {
  kms.reset();
  const macOf = (message: Uint8Array) => createHmac("sha256", "key").update(message).digest();
  kms.on(GenerateMacCommand).callsFake(({ Message }: { Message: Uint8Array }) => ({
    Mac: macOf(Message),
  }));
  kms.on(VerifyMacCommand).callsFake((input: { Message: Uint8Array; Mac: Uint8Array }) => {
    if (macOf(input.Message).equals(input.Mac)) return { MacValid: true };
    throw new KMSInvalidMacException(said("wrong"));
  });

  held.clear();
  manager.reset();
  manager.on(CreateSecretCommand).callsFake((input: { Name: string; SecretString: string }) => {
    if (held.has(input.Name)) throw new ResourceExistsException(said("exists"));
    held.set(input.Name, input.SecretString);
    return { Name: input.Name };
  });
  manager
    .on(PutSecretValueCommand)
    .callsFake((input: { SecretId: string; SecretString: string }) => {
      held.set(input.SecretId, input.SecretString);
      return {};
    });
  manager.on(GetSecretValueCommand).callsFake(({ SecretId }: { SecretId: string }) => {
    const value = held.get(SecretId);
    if (value === undefined) throw new ResourceNotFoundException(said("none"));
    return { SecretString: value };
  });
  manager.on(DeleteSecretCommand).callsFake(({ SecretId }: { SecretId: string }) => {
    if (!held.delete(SecretId)) throw new ResourceNotFoundException(said("none"));
    return {};
  });
  // Like the real one, it finds words anywhere in a name, and gives a few at a time.
  manager.on(ListSecretsCommand).callsFake((input: { NextToken?: string }) => {
    const all = [...held.keys()].map((Name) => ({ Name }));
    const from = Number(input.NextToken ?? 0);
    const next = from + 2 < all.length ? { NextToken: String(from + 2) } : {};
    return { SecretList: all.slice(from, from + 2), ...next };
  });
});

describe("a link's mac by KMS", () => {
  const signer = kmsSigner({ client: new KMSClient({ region }), keyId: "key-1" });

  test("is right for its text alone, in one spelling alone", async () => {
    const mac = await signer.mac("a link");

    expect(mac).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await signer.verify("a link", mac)).toBe(true);
    expect(await signer.verify("another link", mac)).toBe(false);
    // The last character holds two bits that say nothing.
    const twin = `${mac.slice(0, -1)}${String.fromCharCode(mac.charCodeAt(42) + 1)}`;
    for (const wrong of [twin, `${mac}=`, "", "x", `${mac}AA`, "ä".repeat(43)]) {
      expect(await signer.verify("a link", wrong), wrong).toBe(false);
    }
  });

  test("asks KMS for nothing when it cannot be one", async () => {
    await signer.verify("a link", "short");

    expect(kms.commandCalls(VerifyMacCommand)).toHaveLength(0);
  });

  test("that KMS cannot make is a fault that may pass", async () => {
    kms.on(GenerateMacCommand).rejects(new KMSInternalException(said("oh")));

    await expect(signer.mac("a link")).rejects.toMatchObject({ name: "Fault", retryable: true });
  });
});

describe("secrets in Secrets Manager", () => {
  const client = new SecretsManagerClient({ region });
  const source = { client, prefix: "holdfast/a1b2/" };

  test("are kept, replaced, listed and removed by tenant", async () => {
    const secrets = asmSecrets(source);
    await secrets.put("ten_1", "api", "one");
    await secrets.put("ten_1", "api", "two");
    await secrets.put("ten_1", "db.password", "three");
    await secrets.put("ten_10", "api", "theirs");
    held.set("old/holdfast/a1b2/ten_1/api", "not ours");

    expect(await secrets.get("ten_1", "api")).toBe("two");
    expect(await secrets.names("ten_1")).toEqual(["api", "db.password"]);
    expect(await secrets.remove("ten_1", "api")).toBe(true);
    expect(await secrets.remove("ten_1", "api")).toBe(false);
    expect(await secrets.get("ten_1", "api")).toBeUndefined();
    expect(await secrets.get("ten_10", "api")).toBe("theirs");
  });

  test("are asked for once for many calls", async () => {
    const secrets = asmSecrets(source);
    held.set("holdfast/a1b2/ten_1/api", "one");

    for (let n = 0; n < 5; n++) expect(await secrets.get("ten_1", "api")).toBe("one");

    expect(manager.commandCalls(GetSecretValueCommand)).toHaveLength(1);
  });

  test("of a name or a size that cannot be are refused before AWS is asked", async () => {
    const secrets = asmSecrets(source);

    for (const name of ["", "../x", "a/b", "a".repeat(129)]) {
      await expect(secrets.put("ten_1", name, "x")).rejects.toMatchObject({ retryable: false });
      expect(await secrets.get("ten_1", name)).toBeUndefined();
    }
    await expect(secrets.put("ten_1", "big", "ä".repeat(40_000))).rejects.toThrow("65,536");
    expect(manager.calls()).toHaveLength(0);
  });

  test("go with their tenant, and nobody else's", async () => {
    const secrets = asmSecrets(source);
    for (const name of ["a", "b", "c"]) await secrets.put("ten_1", name, "x");
    await secrets.put("ten_2", "a", "x");

    expect(await asmTenantData(source).removeSome("ten_1")).toEqual({ count: 3 });
    expect([...held.keys()]).toEqual(["holdfast/a1b2/ten_2/a"]);
  });
});

describe("the platform key", () => {
  const place = { client: new SecretsManagerClient({ region }), secretId: "platform" };

  test("is made by the first deployment, and by no later one", async () => {
    held.set("platform", "{}");
    await ensurePlatformKey(place);
    const first = await readPlatformKey(place);
    await ensurePlatformKey(place);

    expect(first).toMatch(/^hf_platform_[A-Za-z0-9_-]{43}$/);
    expect(await readPlatformKey(place)).toBe(first);
  });
});
