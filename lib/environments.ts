import type { Parts } from "./parts.ts";
import type { HoldfastProps } from "./props.ts";

/** The variables of `lambdas/env.ts`, where each of them is explained. */
export function environments(parts: Parts, props: HoldfastProps) {
  const { keys, table, artifacts, secrets, lanes, timers, webhooks, bus, mail } = parts;
  const store = { TABLE: table.name, ARTIFACTS_BUCKET: artifacts.name };
  const wake = { SHARED_LANES: lanes.shared.map(({ url }) => url).join(",") };
  const set = {
    TIMER_QUEUE: timers.queue.url,
    TIMER_QUEUE_ARN: timers.queue.arn,
    SCHEDULE_GROUP: timers.group.scheduleGroupName,
    SCHEDULE_ROLE: timers.role.roleArn,
    SCHEDULE_DEAD_LETTERS: timers.deadLetters.arn,
  };
  const move = { ...store, ...wake, ...set };
  const platform = { PLATFORM_KEY_SECRET: secrets.platformKeyArn };
  const secret = { SECRETS_PREFIX: secrets.prefix };
  const tools = { allowedTargets: props.allowedTargets ?? {} };
  const models = { MODELS: JSON.stringify(props.models ?? {}), TOOLS: JSON.stringify(tools) };
  const socket = { SOCKET_ENDPOINT: parts.sockets.endpoint };
  const posted = { WEBHOOK_QUEUE: webhooks.url, ...socket };
  const address = { PUBLIC_URL: parts.http.url };
  const links = { LINK_KEY: keys.linksArn };
  const ledger = { LEDGER_KEY: keys.ledgerArn };
  const served = { ...address, SEED_ROUTES: props.seedRoutes ? "1" : "" };
  const signing = props.signLedgers ? ledger : { LEDGER_KEY: "" };
  const mailed = { ...links, ...address, MAIL_SENDER: mail?.sender ?? "" };
  const tell = { ...posted, EVENT_BUS: props.publishEvents ? bus.bus.eventBusName : "" };
  return {
    lanes: {
      LANE_PREFIX: lanes.prefix,
      LANE_DEAD_LETTERS: lanes.letters.arn,
      LANE_KEY: keys.data.keyArn,
    },
    api: { ...move, ...secret, ...models, ...posted, ...links, ...ledger, ...platform, ...served },
    step: {
      ...move,
      ...secret,
      ...models,
      MAIL_SENDER: mail?.sender ?? "",
      NOTICE_BUS: bus.bus.eventBusName,
    },
    stream: { ...move, ...secret, ...tell, ...mailed, ...signing },
    timer: move,
    webhook: { ...store, WEBHOOK_QUEUE: webhooks.url, ...secret },
    socket: { ...store, ...socket },
    sse: { ...store, ...address },
    sweep: { ...move, ...secret, ...models, ...tell, ...mailed },
    deadLetter: { ...store, ...set },
    platformKey: platform,
  };
}
