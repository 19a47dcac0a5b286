import type { JsonObject } from "../../../core/kernel/json.ts";
import {
  type AwsCall,
  AwsError,
  type Emulator,
  ok,
  onlyKnown,
  text,
  textOr,
  Unsupported,
} from "../aws/call.ts";
import type { WorldClock } from "../world-clock.ts";

export type Target = Readonly<{ arn: string; role: string; input: string; deadLetters?: string }>;

type Schedule = { readonly token: string | undefined; readonly target: Target; cancel: () => void };

const NAME = /^[0-9A-Za-z_.-]{1,64}$/;
const INPUT_BYTES_MAX = 262_144;
/** A schedule fires within the minute that its instant begins. */
const LATE_MS_MAX = 60_000;

/** How a schedule fires: late by so much, and how often. */
export type Firing = Readonly<{ lateMs: number; times: number }>;

export type Scheduler = Readonly<{
  emulator: Emulator;
  makeGroup(name: string): void;
  names(): readonly string[];
}>;

/**
 * EventBridge Scheduler, for one-time schedules that delete themselves. One whose instant is past
 * is taken and never fires: whoever relies on more relies on what no page of AWS promises.
 */
export function scheduler(options: {
  clock: WorldClock;
  fire: (target: Target) => void;
  firing: () => Firing;
  /** Whether Scheduler may act by a role, which it finds out when the schedule is made. */
  isAssumable: (role: string) => boolean;
}): Scheduler {
  const { clock } = options;
  const groups = new Set(["default"]);
  const schedules = new Map<string, Schedule>();

  function addressOf({ params }: AwsCall): { name: string; address: string } {
    const name = text(params, "Name");
    const group = textOr(params, "GroupName") ?? textOr(params, "groupName") ?? "default";
    if (!NAME.test(name)) throw new AwsError(400, "ValidationException", `the name ${name}`);
    if (!groups.has(group)) {
      throw new AwsError(
        404,
        "ResourceNotFoundException",
        `Schedule Group ${group} does not exist.`,
      );
    }
    return { name, address: `${group}/${name}` };
  }

  function create(call: AwsCall): JsonObject {
    onlyKnown(call, [
      "Name",
      "GroupName",
      "ScheduleExpression",
      "ScheduleExpressionTimezone",
      "FlexibleTimeWindow",
      "Target",
      "ClientToken",
      "ActionAfterCompletion",
      "Description",
    ]);
    const { name, address } = addressOf(call);
    const token = textOr(call.params, "ClientToken");
    const before = schedules.get(address);
    const answer = { ScheduleArn: `arn:aws:scheduler:::schedule/${address}` };
    if (before && token !== undefined && before.token === token) return answer;
    if (before) throw new AwsError(409, "ConflictException", `Schedule ${name} already exists.`);
    const target = targetOf(call);
    if (!options.isAssumable(target.role)) {
      throw new AwsError(400, "ValidationException", "The execution role cannot be assumed");
    }
    const at = instantOf(call);
    const { lateMs, times } = options.firing();
    if (call.params["ActionAfterCompletion"] !== "DELETE") {
      throw new Unsupported("a schedule that stays, and counts against the quota");
    }
    const cancel = clock.at(at + Math.min(lateMs, LATE_MS_MAX), `schedule ${address}`, () => {
      schedules.delete(address);
      for (let time = 0; time < times; time++) options.fire(target);
    });
    if (at < clock.now()) cancel();
    schedules.set(address, { token, target, cancel });
    return answer;
  }

  function remove(call: AwsCall): JsonObject {
    onlyKnown(call, ["Name", "groupName", "clientToken"]);
    const { name, address } = addressOf(call);
    const schedule = schedules.get(address);
    if (!schedule) {
      throw new AwsError(404, "ResourceNotFoundException", `Schedule ${name} does not exist.`);
    }
    schedule.cancel();
    schedules.delete(address);
    return {};
  }

  return {
    emulator(call) {
      if (call.operation === "CreateSchedule") return ok(create(call));
      if (call.operation === "DeleteSchedule") return ok(remove(call));
      throw new Unsupported(`scheduler:${call.operation}`);
    },
    makeGroup: (name) => void groups.add(name),
    names: () => [...schedules.keys()],
  };
}

/** `at(2026-01-31T08:30:00)`, to the second, in UTC. */
function instantOf({ params }: AwsCall): number {
  const [, instant] =
    /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(text(params, "ScheduleExpression")) ?? [];
  const zone = textOr(params, "ScheduleExpressionTimezone") ?? "UTC";
  const window = params["FlexibleTimeWindow"] as { Mode?: string } | undefined;
  const at = Date.parse(`${instant}Z`);
  if (Number.isNaN(at) || zone !== "UTC") {
    throw new AwsError(400, "ValidationException", "Invalid Schedule Expression");
  }
  if (window?.Mode !== "OFF") throw new AwsError(400, "ValidationException", "FlexibleTimeWindow");
  return at;
}

function targetOf(call: AwsCall): Target {
  const target = call.params["Target"] as JsonObject;
  onlyKnown(call, ["Arn", "RoleArn", "Input", "DeadLetterConfig", "RetryPolicy"], target);
  const input = textOr(target, "Input") ?? "";
  if (Buffer.byteLength(input) > INPUT_BYTES_MAX) {
    throw new AwsError(400, "ValidationException", "the input is too large");
  }
  const { Arn } = (target["DeadLetterConfig"] ?? {}) as { Arn?: string };
  return {
    arn: text(target, "Arn"),
    role: text(target, "RoleArn"),
    input,
    ...(Arn !== undefined && { deadLetters: Arn }),
  };
}
