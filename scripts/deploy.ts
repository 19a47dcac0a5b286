import { cdk } from "./stack/cdk.ts";

/**
 * `npm run deploy` bundles the functions, by `build` in cdk.json, and deploys the stack to the
 * account that the AWS credentials are for. What follows is for CDK: `npm run deploy -- -c
 * config=FILE`. It is `npx cdk deploy` without what CDK would tell of it.
 */
process.exitCode = await cdk(["deploy", ...process.argv.slice(2)]);
