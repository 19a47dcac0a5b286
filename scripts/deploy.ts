import { bundleFunctions } from "./build/bundle-functions.ts";
import { cdk } from "./stack/cdk.ts";

/**
 * `npm run deploy` bundles the functions and deploys the stack to the account that the AWS
 * credentials are for. What follows is for CDK: `npm run deploy -- -c config=FILE`.
 */
await bundleFunctions();
process.exitCode = await cdk(["deploy", ...process.argv.slice(2)]);
