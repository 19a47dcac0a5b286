import { App, Stack, Tags, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { readConfig } from "./config.ts";
import { propsOf } from "./configured.ts";
import { Holdfast } from "./holdfast.ts";

/**
 * The product in a stack of its own: `npm run deploy`, or `npm run deploy -- -c config=FILE`.
 * Whoever has a stack already puts the construct into it: see docs/operate.md.
 */
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

const config = readConfig(app.node.tryGetContext("config"));
const { stackName, account, region, tags, removalPolicy } = config;
const stack = new Stack(app, stackName, {
  description: "Holdfast: a durable runtime for agent workflows",
  env: { ...(account ? { account } : {}), ...(region ? { region } : {}) },
  // What is retained is not lost with the stack, but nobody means to take a platform away.
  terminationProtection: removalPolicy === "retain",
});
new Holdfast(stack, "Holdfast", propsOf(stack, config));
for (const [name, value] of Object.entries(tags)) Tags.of(stack).add(name, value);
