import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import {
  GetPublicKeyCommand,
  KMSClient,
  KMSInternalException,
  SignCommand,
  type SignCommandInput,
} from "@aws-sdk/client-kms";
import { mockClient } from "aws-sdk-client-mock";
import { calculateJwkThumbprint } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { kmsNotary } from "../../adapters/aws/kms-notary.ts";
import { isSignedBy, publicJwk } from "../../adapters/ed25519/public-jwk.ts";
import type { PublicJwk } from "../../core/ports/notary.ts";
import { localNotary } from "../../local/local-notary.ts";

const kms = mockClient(KMSClient);
const pair = generateKeyPairSync("ed25519");
const SPKI = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));

beforeEach(() => {
  kms.reset();
  // Like KMS: the message itself is signed, and nothing else is taken for this algorithm.
  kms.on(SignCommand).callsFake(({ Message, MessageType, SigningAlgorithm }: SignCommandInput) => {
    if (MessageType !== "RAW" || SigningAlgorithm !== "ED25519_SHA_512") throw new Error("no");
    return { Signature: new Uint8Array(sign(null, Message ?? new Uint8Array(), pair.privateKey)) };
  });
  kms.on(GetPublicKeyCommand).resolves({ PublicKey: SPKI });
});

const notaries = [
  {
    name: "KMS",
    open: () => kmsNotary({ client: new KMSClient({ region: "eu-central-1" }), keyId: "key-1" }),
  },
  { name: "the data folder", open: () => localNotary(randomBytes(32)) },
];

describe.each(notaries)("a signature by $name", ({ open }) => {
  test("is right for its text and its key alone, in one spelling alone", async () => {
    const notary = open();
    const { keyId, value } = await notary.sign("a head");
    const [key] = (await notary.keys()) as [PublicJwk];
    const [stranger] = (await localNotary(randomBytes(32)).keys()) as [PublicJwk];

    expect(key.kid).toBe(keyId);
    expect(await calculateJwkThumbprint({ ...key })).toBe(keyId);
    expect(value).toMatch(/^[A-Za-z0-9_-]{86}$/);
    expect(isSignedBy(key, "a head", value)).toBe(true);
    expect(isSignedBy(key, "another head", value)).toBe(false);
    expect(isSignedBy(stranger, "a head", value)).toBe(false);
    // The last character holds four bits that say nothing.
    const twin = `${value.slice(0, -1)}${String.fromCharCode(value.charCodeAt(85) + 1)}`;
    for (const wrong of [twin, `${value}=`, "", "x", `${value}AA`, "ä".repeat(86)]) {
      expect(isSignedBy(key, "a head", wrong), wrong).toBe(false);
    }
  });
});

test("A public key is told of as RFC 8037 tells of it, and named by its thumbprint", async () => {
  const seed = Buffer.from("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "base64url");
  expect(await localNotary(seed).keys()).toEqual([
    {
      kty: "OKP",
      crv: "Ed25519",
      x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
      alg: "EdDSA",
      use: "sig",
    },
  ]);
  expect(() => publicJwk(generateKeyPairSync("x25519").publicKey)).toThrow("not one of Ed25519");
});

describe("the public key of KMS", () => {
  const open = () => kmsNotary({ client: new KMSClient({ region: "eu-central-1" }), keyId: "k" });

  test("is asked for once, however often it is needed at once and later", async () => {
    const notary = open();
    await Promise.all([notary.keys(), notary.sign("a"), notary.keys()]);
    await notary.sign("b");

    expect(kms.commandCalls(GetPublicKeyCommand)).toHaveLength(1);
  });

  test("is asked for again after a failure, which may pass", async () => {
    kms
      .on(GetPublicKeyCommand)
      .rejectsOnce(new KMSInternalException({ message: "oh", $metadata: { httpStatusCode: 500 } }))
      .resolves({ PublicKey: SPKI });
    const notary = open();

    await expect(notary.sign("a")).rejects.toMatchObject({ name: "Fault", retryable: true });
    expect((await notary.sign("a")).keyId).toBe(publicJwk(pair.publicKey).kid);
  });
});
