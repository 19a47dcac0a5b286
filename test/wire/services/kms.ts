import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { JsonObject } from "../../../core/kernel/json.ts";
import {
  type AwsCall,
  AwsError,
  type Emulator,
  ok,
  onlyKnown,
  text,
  Unsupported,
} from "../aws/call.ts";

type HmacKey = Readonly<{ type: "hmac"; secret: Buffer }>;
type Ed25519Key = Readonly<{ type: "ed25519"; publicKey: KeyObject; privateKey: KeyObject }>;
type Key = HmacKey | Ed25519Key | Readonly<{ type: "symmetric" }>;

const MESSAGE_BYTES_MAX = 4_096;

export type Kms = Readonly<{
  emulator: Emulator;
  make(arn: string, spec: string): void;
  /** The ARN of a key that is named by its id or by its ARN. */
  arnOf(id: string): string;
}>;

/** Key Management Service: HMAC keys for links, Ed25519 keys for heads. Nothing leaves it. */
export function kms(): Kms {
  const keys = new Map<string, Key>();

  function arnOf(id: string): string {
    const found = [...keys.keys()].find((arn) => arn === id || arn.endsWith(`:key/${id}`));
    if (found === undefined) throw new AwsError(400, "NotFoundException", `no key ${id}`);
    return found;
  }

  function keyOf<Type extends Key["type"]>(
    call: AwsCall,
    type: Type,
  ): Extract<Key, { type: Type }> {
    const key = keys.get(arnOf(text(call.params, "KeyId")));
    if (key?.type === type) return key as Extract<Key, { type: Type }>;
    throw new AwsError(400, "InvalidKeyUsageException", `the key is not for ${call.operation}`);
  }

  const operations: Readonly<Record<string, (call: AwsCall) => JsonObject>> = {
    GenerateMac(call) {
      onlyKnown(call, ["KeyId", "Message", "MacAlgorithm"]);
      return {
        KeyId: text(call.params, "KeyId"),
        Mac: mac(keyOf(call, "hmac"), call).toString("base64"),
      };
    },
    VerifyMac(call) {
      onlyKnown(call, ["KeyId", "Message", "MacAlgorithm", "Mac"]);
      const given = Buffer.from(text(call.params, "Mac"), "base64");
      const right = mac(keyOf(call, "hmac"), call);
      const isValid = given.byteLength === right.byteLength && timingSafeEqual(given, right);
      if (!isValid) throw new AwsError(400, "KMSInvalidMacException", "the MAC is another one");
      return { KeyId: text(call.params, "KeyId"), MacValid: true };
    },
    Sign(call) {
      onlyKnown(call, ["KeyId", "Message", "MessageType", "SigningAlgorithm"]);
      const { privateKey } = keyOf(call, "ed25519");
      const Signature = sign(null, rawMessage(call), privateKey).toString("base64");
      return { KeyId: text(call.params, "KeyId"), Signature };
    },
    Verify(call) {
      onlyKnown(call, ["KeyId", "Message", "MessageType", "SigningAlgorithm", "Signature"]);
      const { publicKey } = keyOf(call, "ed25519");
      const signature = Buffer.from(text(call.params, "Signature"), "base64");
      if (!verify(null, rawMessage(call), publicKey, signature)) {
        throw new AwsError(400, "KMSInvalidSignatureException", "the signature is another one");
      }
      return { KeyId: text(call.params, "KeyId"), SignatureValid: true };
    },
    GetPublicKey(call) {
      onlyKnown(call, ["KeyId"]);
      const { publicKey } = keyOf(call, "ed25519");
      return {
        KeyId: text(call.params, "KeyId"),
        PublicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
        KeySpec: "ECC_NIST_EDWARDS25519",
        KeyUsage: "SIGN_VERIFY",
        SigningAlgorithms: ["ED25519_SHA_512", "ED25519_PH_SHA_512"],
      };
    },
  };

  return {
    emulator(call) {
      const operation = operations[call.operation];
      if (!operation) throw new Unsupported(`kms:${call.operation}`);
      return ok(operation(call));
    },
    make(arn, spec) {
      if (spec === "HMAC_256") keys.set(arn, { type: "hmac", secret: randomBytes(32) });
      else if (spec === "ECC_NIST_EDWARDS25519") {
        keys.set(arn, { type: "ed25519", ...generateKeyPairSync("ed25519") });
      } else keys.set(arn, { type: "symmetric" });
    },
    arnOf,
  };
}

function mac({ secret }: HmacKey, call: AwsCall): Buffer {
  if (text(call.params, "MacAlgorithm") !== "HMAC_SHA_256") {
    throw new AwsError(400, "InvalidKeyUsageException", "an HMAC_256 key is for HMAC_SHA_256");
  }
  return createHmac("sha256", secret).update(messageOf(call)).digest();
}

/** ED25519_SHA_512 signs the message itself, and nothing that was hashed before. */
function rawMessage(call: AwsCall): Buffer {
  const isRaw = (call.params["MessageType"] ?? "RAW") === "RAW";
  if (text(call.params, "SigningAlgorithm") !== "ED25519_SHA_512" || !isRaw) {
    throw new AwsError(400, "ValidationException", "ED25519_SHA_512 takes a RAW message");
  }
  return messageOf(call);
}

function messageOf(call: AwsCall): Buffer {
  const message = Buffer.from(text(call.params, "Message"), "base64");
  if (message.byteLength >= 1 && message.byteLength <= MESSAGE_BYTES_MAX) return message;
  throw new AwsError(400, "ValidationException", `a message has 1 to ${MESSAGE_BYTES_MAX} bytes`);
}
