import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { seeded } from "../support/seeded.ts";
import { accountOf, writersBook } from "./account.ts";
import type { Emulator } from "./aws/call.ts";
import { faults } from "./aws/faults.ts";
import { gateway } from "./aws/gateway.ts";
import { deployStores } from "./deploy.ts";
import { deployFunctions } from "./functions/deploy-functions.ts";
import type { Pool } from "./functions/pool.ts";
import { authority } from "./iam/authority.ts";
import { type Account, arn, wish } from "./iam/wishes.ts";
import { dynamo } from "./services/dynamo.ts";
import { kms } from "./services/kms.ts";
import { lambdaControl } from "./services/lambda-control.ts";
import { eventBus, mailOffice } from "./services/outside.ts";
import { s3 } from "./services/s3.ts";
import { type Firing, scheduler } from "./services/scheduler.ts";
import { secretStore } from "./services/secrets.ts";
import { sqs } from "./services/sqs.ts";
import { openDoors } from "./sources/doors.ts";
import { type Feeding, feeding, NEXT_MINUTE } from "./sources/feeding.ts";
import { encryptionOf } from "./template/encryption.ts";
import { resolver } from "./template/resolve.ts";
import { ACCOUNT, type Template } from "./template/template.ts";
import { worldClock } from "./world-clock.ts";

export type WorldOptions = Readonly<{
  template: Template;
  /** The folder of bundles: `dist/lambdas`, or a copy that was spoiled on purpose. */
  bundles: string;
  dynamoEndpoint: string;
  seed?: number;
  /** Addresses or domains that SES has verified. */
  verified: readonly string[];
  /** Variables that every function gets on top of the template's. */
  configured: Readonly<Record<string, string>>;
  environmentsMax?: Readonly<Record<string, number>>;
}>;

/** Those who need each other: each is asked for by a function, and is there once it is called. */
type Wired = { pools: ReadonlyMap<string, Pool>; feeding: Feeding; account: Account };

export type World = Awaited<ReturnType<typeof openWorld>>;

const LOOK_MS = 15;
const QUIET_MINUTES = 3;
/** The world must be seen idle this often in a row before its time jumps. */
const IDLE_LOOKS = 2;

/** An account with the stack deployed in it: emulators, functions, and all that feeds them. */
export async function openWorld(options: WorldOptions) {
  const { template, dynamoEndpoint, bundles, configured, environmentsMax = {} } = options;
  const clock = worldClock();
  const unit = seeded(options.seed ?? 1);
  const resolve = resolver(template, `holdfast-${randomBytes(3).toString("hex")}`);
  const books = authority();
  const bad = faults(unit);
  const writers = writersBook();
  const wired: Partial<Wired> = {};
  const emulators: Record<string, Emulator> = {};

  const door = await gateway({
    emulators: () => emulators,
    authority: books,
    account: () => there(wired.account),
    faults: bad,
    kill: (environment) => void killOne(environment),
    written(call) {
      writers.note(call);
      there(wired.feeding).written();
    },
  });

  const queueUrl = (name: string) => `${door.url}/${ACCOUNT}/${name}`;
  const queues = sqs({
    clock,
    urlOf: queueUrl,
    arnOf: (name) => arn("sqs", name),
    anyOf: (n) => Math.floor(unit() * n),
  });
  const keys = kms();
  const secrets = secretStore();
  const mail = mailOffice(() => options.verified);
  const bus = eventBus();
  const mayList = (caller: string, bucket: string) =>
    books.may(caller, wish("s3:ListBucket", `arn:aws:s3:::${bucket}`));
  const buckets = s3({ now: clock.now, mayList });
  const firing: { next: Firing } = { next: { lateMs: 0, times: 1 } };
  const schedules = scheduler({
    clock,
    firing: () => firing.next,
    fire: (target) => there(wired.feeding).fire(target),
    isAssumable: (role) => books.knows(role),
  });
  const control = lambdaControl({
    functionArn: (name) => there(wired.account).functionArn(name),
    connect: (settings) => there(wired.feeding).connect(settings),
    lacks: (settings) => there(wired.feeding).lacks(settings),
  });

  const gatewayUrl = door.url;
  const doors = await openDoors({ template, resolve, clock, poolOf, gatewayUrl });
  const services = { dynamoEndpoint, sqs: queues, s3: buckets, kms: keys, secrets, queueUrl };
  await deployStores({ template, resolve, services: { ...services, scheduler: schedules } });
  const encrypted = encryptionOf(template, resolve);
  const { socketApi } = doors;
  const account = accountOf({ encrypted, queues, keys, secrets, control, socketApi });
  wired.account = account;
  const store = dynamo(dynamoEndpoint);
  Object.assign(emulators, {
    dynamodb: store,
    sqs: queues.emulator,
    s3: buckets.emulator,
    kms: keys.emulator,
    secretsmanager: secrets.emulator,
    scheduler: schedules.emulator,
    ses: mail.emulator,
    events: bus.emulator,
    lambda: control.emulator,
    "execute-api": doors.socketEmulator,
  });
  const deployed = { template, resolve, clock, authority: books };
  const pools = deployFunctions({
    ...deployed,
    bundles,
    configured,
    environmentsMax,
    endpoint: door.url,
    reachable: doors.reachable,
  });
  wired.pools = pools;
  const feed = feeding({
    ...deployed,
    queues,
    dynamoEndpoint,
    poolOf,
    keyOf: account.keyOf,
    complain: (what) => void door.complaints.push(what),
    map: (settings) => void control.map(settings),
  });
  wired.feeding = feed;
  feed.begin();

  function poolOf(arnOrId: string): Pool {
    const found = [...pools.values()].find(
      ({ settings }) => settings.arn === arnOrId || settings.id === arnOrId,
    );
    if (found) return found;
    throw new Error(`there is no function ${arnOrId}`);
  }

  function killOne(environment: string): boolean {
    return [...there(wired.pools).values()].some((pool) => pool.kill(environment));
  }

  /** A stream of events stays open while nothing else happens; it holds up nobody's time. */
  function isIdle(): boolean {
    const atWork = [...pools].some(([name, pool]) => name !== "sse" && pool.busy() > 0);
    return !atWork && !doors.isBusy() && feed.isIdle();
  }

  /**
   * A few minutes are lived through, sweeps and all. When nothing has come of them, whatever is
   * waited for is further off, and the minutes between are one.
   */
  function leap(before: readonly string[]): string {
    const isQuiet = before.slice(-QUIET_MINUTES).every((what) => what === NEXT_MINUTE);
    const far = isQuiet && before.length >= QUIET_MINUTES && clock.jumpToNext(NEXT_MINUTE);
    return far || (clock.jumpToNext() ?? "nothing");
  }

  return {
    clock,
    doors,
    resolve,
    template,
    pools,
    authority: books,
    faults: bad,
    feeding: feed,
    calls: door.calls,
    complaints: door.complaints,
    mails: mail.mails,
    events: bus.events,
    queues,
    secrets,
    buckets,
    mappings: control.mappings,
    schedules,
    firing,
    killOne,
    poolOf,
    /** The environment that last committed to a run: killing it kills whoever drives the run. */
    driverOf: writers.of,
    pool(name: string): Pool {
      const found = pools.get(name);
      if (found) return found;
      throw new Error(`there is no function ${name}`);
    },
    /**
     * Looks again and again until something is there. While nothing at all is at work the clock
     * jumps to what is due next, so that waiting costs no time; a deadline in real time ends it.
     */
    async until<T>(
      what: string,
      look: () => T | undefined | Promise<T | undefined>,
      withinMs = 60_000,
    ): Promise<T> {
      const deadline = performance.now() + withinMs;
      const jumps: string[] = [];
      for (let idle = 0; ; ) {
        const found = await look();
        if (found !== undefined) return found;
        if (performance.now() > deadline) {
          const seen = [...jumps.slice(-10), ...door.complaints.slice(-5)].join("; ");
          throw new Error(`within ${withinMs} ms not: ${what}. The clock jumped to: ${seen}`);
        }
        idle = isIdle() ? idle + 1 : 0;
        if (idle >= IDLE_LOOKS) {
          jumps.push(leap(jumps));
          idle = 0;
        }
        await pause(LOOK_MS);
      }
    },
    async close(): Promise<void> {
      await feed.close();
      doors.close();
      await Promise.all([...pools.values()].map((pool) => pool.close()));
      clock.close();
      door.close();
    },
  };
}

function there<T>(part: T | undefined): T {
  if (part !== undefined) return part;
  throw new Error("a part of the account was asked for before it was there");
}
