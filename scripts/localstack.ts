import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { cdk } from "./stack/cdk.ts";
import { scenario } from "./stack/scenario.ts";

/**
 * `npm run localstack` deploys the stack to LocalStack, when there is one, and makes it do its main
 * job. Without one it says what is missing and ends well: nothing of the product depends on it.
 */
const ENDPOINT = process.env["AWS_ENDPOINT_URL"] ?? "http://localhost:4566";
const REGION = "us-east-1";
const STACK = "HoldfastLocal";

/** LocalStack serves one account, and asks nobody who they are. */
const ACCOUNT = {
  AWS_ENDPOINT_URL: ENDPOINT,
  AWS_ENDPOINT_URL_S3: ENDPOINT.replace("localhost:", "s3.localhost.localstack.cloud:"),
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
};

const CANNOT = `What a pass on LocalStack does not show, as its documents and ours say:
- Scheduler keeps schedules and fires none: timers beyond 15 minutes come by the sweep, which itself
  is a schedule. So the scenario has only short waits.
- HTTP and WebSocket APIs, and the enforcement of IAM, are parts of paid plans.
- Recursive loops are not cut, idle polling costs nothing, partitions of the table have no limit.`;

const missing = await whatIsMissing();
if (missing.length > 0) {
  console.log(`localstack: nothing was deployed:\n- ${missing.join("\n- ")}\n\n${CANNOT}`);
} else {
  await deployAndRun();
}

async function whatIsMissing(): Promise<readonly string[]> {
  const token = process.env["LOCALSTACK_AUTH_TOKEN"] ?? "";
  const health = await fetch(`${ENDPOINT}/_localstack/health`, {
    signal: AbortSignal.timeout(3_000),
  }).catch(() => undefined);
  return [
    ...(token === ""
      ? ["LOCALSTACK_AUTH_TOKEN is not set: since March 2026 LocalStack does not start without one"]
      : []),
    ...(health?.ok
      ? []
      : [
          `no LocalStack answers at ${ENDPOINT}: start one, or set AWS_ENDPOINT_URL to where it is`,
        ]),
  ];
}

async function deployAndRun(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-localstack-"));
  const config = join(folder, "config.json");
  const outputs = join(folder, "outputs.json");
  // Nothing is worth keeping, and instances are not reserved where there is no account.
  const settings = {
    stackName: STACK,
    region: REGION,
    account: "000000000000",
    removalPolicy: "destroy",
    reserved: { sse: 0, sweep: 0 },
  };
  writeFileSync(config, JSON.stringify(settings));
  try {
    const place = ["-c", `config=${config}`];
    must("bootstrap", await cdk(["bootstrap", ...place], ACCOUNT));
    const deploy = ["deploy", "--require-approval", "never", "--outputs-file", outputs, ...place];
    must("deploy", await cdk(deploy, ACCOUNT));
    await scenario({
      ...(await addressOf(outputs)),
      say: (line) => console.log(`localstack: ${line}`),
    });
    console.log(`\nlocalstack: ok\n\n${CANNOT}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function must(what: string, code: number): void {
  if (code !== 0) throw new Error(`cdk ${what} ended with ${code}`);
}

/** Where LocalStack serves the API, and the key that the first deployment made. */
async function addressOf(outputs: string) {
  const { [STACK]: told = {} } = JSON.parse(readFileSync(outputs, "utf8")) as Record<
    string,
    Record<string, string>
  >;
  const output = (name: string) =>
    Object.entries(told).find(([key]) => key.startsWith(`Holdfast${name}`))?.[1] ?? "";
  const [api = ""] = new URL(output("ApiUrl")).hostname.split(".");
  const client = new SecretsManagerClient({
    endpoint: ENDPOINT,
    region: REGION,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const get = new GetSecretValueCommand({ SecretId: output("PlatformKeySecret") });
  const { SecretString = "" } = await client.send(get);
  const { port } = new URL(ENDPOINT);
  return {
    url: `http://${api}.execute-api.localhost.localstack.cloud:${port}`,
    platformKey: SecretString,
  };
}
