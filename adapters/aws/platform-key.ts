import { randomBytes } from "node:crypto";
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { answered, asked } from "./aws-fault.ts";

export const PLATFORM_KEY_BEGIN = "hf_platform_";

type Place = Readonly<{ client: SecretsManagerClient; secretId: string }>;

/** Undefined while nobody has put a value there. */
export async function readPlatformKey({ client, secretId }: Place): Promise<string | undefined> {
  const get = new GetSecretValueCommand({ SecretId: secretId });
  const gone = ["ResourceNotFoundException"];
  const found = await asked("read the platform key", () => client.send(get), gone);
  return found?.SecretString;
}

/** Makes the platform key when there is none; one that is there is never replaced. */
export async function ensurePlatformKey(place: Place): Promise<void> {
  const found = await readPlatformKey(place);
  if (found?.startsWith(PLATFORM_KEY_BEGIN)) return;
  const put = new PutSecretValueCommand({
    SecretId: place.secretId,
    SecretString: PLATFORM_KEY_BEGIN + randomBytes(32).toString("base64url"),
  });
  await answered("keep the platform key", () => place.client.send(put));
}
