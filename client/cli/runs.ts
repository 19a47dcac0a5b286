import type { Event, Json, Run, RunSummary } from "../http/wire.ts";
import { type Call, type Command, jsonIn, needed } from "./command.ts";

const start: Command = {
  takes: "WORKFLOW",
  does: "starts a run",
  options: {
    input: "JSON, or @FILE",
    id: "of the run",
    "idempotency-key": "the same one starts one run, however often",
    wait: "",
    watch: "",
  },
  async run(call) {
    const { holdfast, args, options, say, read } = call;
    const input = options["input"] === undefined ? undefined : await jsonIn(options["input"], read);
    const key = options["idempotency-key"];
    const run = await holdfast.runs.start(needed(args, 0), {
      ...(input !== undefined && { input }),
      ...(options["id"] !== undefined && { id: options["id"] }),
      ...(key !== undefined && { idempotencyKey: key }),
    });
    if (options["watch"] !== undefined) return watched(call, run.id, 0);
    if (options["wait"] === undefined) {
      say(lineOf(run), run);
      return true;
    }
    const ended = await holdfast.runs.wait(run.id, { until: "settled" });
    say(lineOf(ended), ended);
    return ended.status !== "failed";
  },
};

const list: Command = {
  takes: "",
  does: "lists runs, newest first",
  options: { status: "one or several, with commas", workflow: "its name", limit: "20 unless said" },
  async run({ holdfast, options, say }) {
    const { status, workflow, limit = "20" } = options;
    const query = {
      limit: Number(limit),
      ...(status !== undefined && { status: status.split(",") as Run["status"][] }),
      ...(workflow !== undefined && { workflow }),
    };
    const page = await holdfast.runs.list(query).page();
    say(page.data.map(lineOf).join("\n"), page);
    return true;
  },
};

const show: Command = {
  takes: "RUN",
  does: "shows a run, and why it is where it is",
  async run({ holdfast, args, say }) {
    const run = await holdfast.runs.get(needed(args, 0));
    const { summary, unblock } = await holdfast.runs.explain(run.id);
    say([lineOf(run), summary, ...unblock.map((way) => `  ${way}`)].join("\n"), run);
    return true;
  },
};

const watch: Command = {
  takes: "RUN",
  does: "tells what happens in a run, until it has ended",
  options: { after: "the number of the last event that is known" },
  run: (call) => watched(call, needed(call.args, 0), Number(call.options["after"] ?? 0)),
};

async function watched({ holdfast, say }: Call, id: string, after: number): Promise<boolean> {
  for await (const event of holdfast.runs.events(id, { after })) say(eventLine(event), event);
  const run = await holdfast.runs.get(id);
  say(lineOf(run), run);
  return run.status === "succeeded";
}

const signal: Command = {
  takes: "RUN NAME",
  does: "sends an event to a run",
  options: { payload: "JSON, or @FILE", key: "of the event", id: "the same one is taken once" },
  async run({ holdfast, args, options, say, read }) {
    const { payload, key, id } = options;
    const taken = await holdfast.runs.signal(needed(args, 0), {
      name: needed(args, 1),
      ...(payload !== undefined && { payload: await jsonIn(payload, read) }),
      ...(key !== undefined && { key }),
      ...(id !== undefined && { id }),
    });
    say(taken.duplicate ? "it was taken before" : "taken", taken);
    return true;
  },
};

const cancel: Command = {
  takes: "RUN",
  does: "cancels a run",
  options: { reason: "kept on record", compensate: "" },
  async run({ holdfast, args, options, say }) {
    const { reason, compensate } = options;
    const run = await holdfast.runs.cancel(needed(args, 0), {
      ...(reason !== undefined && { reason }),
      ...(compensate !== undefined && { compensate: true }),
    });
    say(lineOf(run), run);
    return true;
  },
};

const retry: Command = {
  takes: "RUN",
  does: "lets a failed run go on from where it failed",
  async run({ holdfast, args, say }) {
    const run = await holdfast.runs.retry(needed(args, 0));
    say(lineOf(run), run);
    return true;
  },
};

const verify: Command = {
  takes: "RUN",
  does: "computes the chain of a run's ledger again",
  async run({ holdfast, args, say }) {
    const found = await holdfast.runs.verify(needed(args, 0));
    const signed = found.signature?.valid ? `, signed at ${found.signature.at}` : ", not signed";
    const errors = found.errors.map(({ seq, type }) => `  event ${seq}: ${type}`);
    const text = `${found.ok ? "whole" : "BROKEN"}: ${found.count} events${signed}`;
    say([text, ...errors].join("\n"), found);
    return found.ok;
  },
};

export function lineOf(run: RunSummary | Run): string {
  const kinds = run.waitingOn.map(({ kind, task }) => (task ? `${kind} ${task}` : kind)).join(", ");
  const why = "error" in run && run.error ? ` ${run.error.code}: ${run.error.message}` : "";
  const output = "output" in run && run.status === "succeeded" ? ` ${shortened(run.output)}` : "";
  return `${run.id} ${run.workflow} ${run.status}${kinds && ` for ${kinds}`}${why}${output}`;
}

function eventLine({ seq, at, type, data }: Event): string {
  const step = typeof data["step"] === "string" ? ` ${data["step"]}` : "";
  return `${String(seq).padStart(4)}  ${at}  ${type}${step}`;
}

const SHOWN = 200;

function shortened(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

export const runCommands = { start, runs: list, show, watch, signal, cancel, retry, verify };
