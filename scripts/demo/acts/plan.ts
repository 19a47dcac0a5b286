import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../../core/kernel/json.ts";
import { succeeded } from "../../support/client.ts";
import { money, START, START_KEY } from "../complaint.ts";
import { look, publishedIn, runIn } from "../look.ts";
import type { Stage } from "../stage.ts";

const EXAMPLE = join(import.meta.dirname, "../../../examples/refund-agent.json");

type Planned = Readonly<{
  model: string;
  mock: boolean;
  object: { refunds: readonly { item: string; amount: number; reason: string }[] };
}>;

/** A server, a desk that it may call by a secret, and a workflow. */
export async function prepare(stage: Stage): Promise<void> {
  const { screen, desk, deskSecret } = stage;
  screen.act("The setting");
  const server = await stage.start();
  screen.fact("server", `process ${server.pid} at ${server.url}`);
  screen.fact("data", stage.dataFolder);
  screen.fact("refund desk", `${desk.url}, an HTTP service that pays once per Idempotency-Key`);

  const client = stage.client();
  const secret = { value: `Bearer ${deskSecret}` };
  succeeded(await client.put("/v1/secrets/refund-desk", secret));
  const headers = { authorization: { $secret: "refund-desk" } };
  const config = { url: `${desk.url}/refunds`, headers };
  const tool = { kind: "http", description: "Pays a refund.", config };
  succeeded(await client.put("/v1/tools/refund", tool));
  screen.fact("tool", "refund, an HTTP tool; the desk's key is a secret, put in at the call");
  const document = JSON.parse(readFileSync(EXAMPLE, "utf8")) as JsonObject;
  const { version } = publishedIn(await client.post("/v1/workflows", document));
  screen.fact("workflow", `examples/refund-agent.json, published as version ${version}`);
}

/** Act 1: a run begins, and the model plans. Returns the run's id. */
export async function plan(stage: Stage): Promise<string> {
  const { screen, claims } = stage;
  screen.act("Act 1 · A model plans");
  const started = await stage.client().post("/v1/runs", START, START_KEY);
  const { id, status } = runIn(started);
  screen.fact("complaint", `“${START.input.complaint}”`);
  screen.fact("run", `${id} (${started.status} ${status})`);
  await stage.held;

  const steps = await look.steps(stage, id);
  const output = steps.find(({ node }) => node === "plan")?.output as Planned | undefined;
  const refunds = output?.object.refunds ?? [];
  screen.fact("model", `${output?.model}: a mock that plays a script, mock: ${output?.mock}`);
  for (const { item, amount, reason } of refunds) {
    screen.fact("", `refund ${money(amount)}  ${item}, because ${reason}`);
  }
  claims.check({
    what: "the run was accepted",
    came: started.status,
    expected: 201,
    seen: "201 Created",
  });
  claims.check({
    what: "the model planned three refunds, and says that it is a mock",
    came: [refunds.length, output?.mock],
    expected: [3, true],
    seen: `${refunds.length} refunds, mock: true`,
  });
  return id;
}
