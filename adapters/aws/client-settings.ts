/**
 * What every client is made with. The endpoint, the region and the credentials come from the
 * environment, `AWS_ENDPOINT_URL` too.
 *
 * The SDK's own default is to wait for an answer for ever. What hangs is lost, and is asked again
 * by the SDK, three times in all: every request that is made with these settings may be repeated.
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    throwOnRequestTimeout: true,
    httpAgent: { maxSockets: 128, keepAlive: true },
    httpsAgent: { maxSockets: 128, keepAlive: true },
  },
} as const;

/** What a test against an emulator sets, and a deployment does not. */
export type Placement = Readonly<{
  endpoint?: string;
  region?: string;
  credentials?: Readonly<{ accessKeyId: string; secretAccessKey: string }>;
}>;
