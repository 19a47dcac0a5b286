import middy from "@middy/core";
import type { CdkCustomResourceEvent } from "aws-lambda";
import { secretsClient } from "../adapters/aws/asm-secrets.ts";
import { answeringCloudFormation } from "../adapters/aws/cloudformation-answer.ts";
import { ensurePlatformKey } from "../adapters/aws/platform-key.ts";
import { env } from "./env.ts";

const { PLATFORM_KEY_SECRET: secretId } = env("platform-key");
const client = secretsClient();

/** A custom resource: the first deployment makes the platform key, and no later one replaces it. */
export const handler = middy<CdkCustomResourceEvent>().handler((request) =>
  answeringCloudFormation(request, "platform-key", async () => {
    if (request.RequestType !== "Delete") await ensurePlatformKey({ client, secretId });
  }),
);
