import { once } from "node:events";
import { Missing, startDynamoLocal } from "./support/dynamo-local.ts";
import { runVitest } from "./support/run-vitest.ts";

/**
 * `npm run local:aws` starts DynamoDB Local until Ctrl-C; `npm run test:dynamo` runs the table's
 * contract against it.
 */
async function main(isTest: boolean): Promise<number> {
  const { endpoint, server } = await startDynamoLocal();
  if (isTest) return runVitest("vitest.dynamo.config.ts", { HOLDFAST_DYNAMO_ENDPOINT: endpoint });

  print(`DynamoDB Local answers at ${endpoint}. Ctrl-C stops it and forgets everything.`);
  print(`  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=eu-central-1`);
  print("  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local");
  const [code] = (await once(server, "exit")) as [number | null];
  return code ?? 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const isTest = process.argv.includes("--test");
// Ctrl-C is how the server is meant to end, and not how tests are.
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => process.exit(isTest ? 130 : 0));
try {
  process.exit(await main(isTest));
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  process.stderr.write(`local-aws: ${error.message}\n`);
  process.exit(1);
}
