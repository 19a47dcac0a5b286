import type { JsonObject } from "../../core/kernel/json.ts";
import { validateWorkflow } from "../../core/kernel/validate.ts";
import { documentOf, EVERYTHING, type NodeSketch, type Sketch } from "./given-sketch.ts";
import type { Chance } from "./simulation-random.ts";

type EdgeSketch = readonly [from: string, to: string, more?: JsonObject];
/** A piece of a graph with one way in; whoever uses it leads its exits on. */
type Piece = Readonly<{ entry: string; exits: readonly EdgeEnd[] }>;
/** An edge that has yet to be given a target. */
type EdgeEnd = Readonly<{ from: string; more: JsonObject }>;

export const TOOLS = ["charge", "ship", "once"] as const;
/** Waits and approvals are for these, so that whoever plays the world knows them. */
export const EVENTS = ["paid", "packed"] as const;
export const PEOPLE = ["ada@example.com", "bob@example.com", "cy@example.com"] as const;

/**
 * A random workflow that publishing takes: sequences, choices, splits and joins of each kind, those
 * that take some of their edges too, loops, nodes that withdraw others, errors that are caught and
 * that are not, calls, waits and approvals. With `wild` edges it is not even structured.
 */
export function randomFlow(chance: Chance, wild = chance.happens(0.3)): Sketch {
  const nodes: NodeSketch[] = [];
  const edges: EdgeSketch[] = [];
  const undoing: NodeSketch[] = [];

  const add = (type: string, more: JsonObject = {}): string => {
    const id = `${type}${nodes.length}`;
    nodes.push({ id, type, ...more });
    return id;
  };
  const lead = (exits: readonly EdgeEnd[], to: string) => {
    for (const { from, more } of exits) edges.push([from, to, more]);
  };

  function step(): Piece {
    const id = add(...randomNode(chance));
    if (nodes.at(-1)?.["tool"] === "charge" && chance.happens(0.3)) {
      const by = `undo${nodes.length}`;
      nodes[nodes.length - 1] = { ...nodes[nodes.length - 1], id, compensate: by };
      const retry = { maxAttempts: 2, backoff: { initial: "PT1S" } };
      undoing.push({ id: by, type: "tool", tool: "charge", with: { undo: id }, retry });
    }
    const exits: EdgeEnd[] = [{ from: id, more: {} }];
    const type = nodes.at(-1)?.["type"];
    if (type === "tool" && chance.happens(0.4)) exits.push({ from: id, more: { on: "error" } });
    if (type === "wait" && chance.happens(0.5)) exits.push({ from: id, more: { on: "timeout" } });
    if (type === "approval") {
      if (chance.happens(0.6)) exits.push({ from: id, more: { on: "rejected" } });
      if (chance.happens(0.6)) exits.push({ from: id, more: { on: "timeout" } });
    }
    return { entry: id, exits };
  }

  function sequence(depth: number): Piece {
    const first = piece(depth - 1);
    let { exits } = first;
    for (let n = chance.whole(1, 2); n > 0; n--) {
      const next = piece(depth - 1);
      lead(exits, next.entry);
      exits = next.exits;
    }
    return { entry: first.entry, exits };
  }

  function choice(depth: number): Piece {
    const entry = add("set", { with: chance.whole(0, 5) });
    const [one, other] = [piece(depth - 1), piece(depth - 1)];
    edges.push([entry, one.entry, { when: `{% $steps.${entry}.output > 2 %}` }]);
    edges.push([entry, other.entry]);
    return { entry, exits: [...one.exits, ...other.exits] };
  }

  function parallel(depth: number): Piece {
    const entry = add("set", { split: "all" });
    const branches = Array.from({ length: chance.whole(2, 3) }, () => piece(depth - 1));
    for (const { entry: to } of branches) edges.push([entry, to]);
    const meet = add("set", { join: randomJoin(chance, branches.length) });
    for (const { exits } of branches) lead(exits, meet);
    const exits: EdgeEnd[] = [{ from: meet, more: {} }];
    if (chance.happens(0.3)) exits.push({ from: meet, more: { on: "error" } });
    return { entry, exits };
  }

  /** Some of the branches are taken, and what was taken meets; perhaps one withdraws another. */
  function inclusive(depth: number): Piece {
    const entry = add("set", { split: "all", with: chance.whole(0, 5) });
    const branches = Array.from({ length: chance.whole(2, 3) }, () => piece(depth - 1));
    for (const [index, { entry: to }] of branches.entries()) {
      const when = `{% $steps.${entry}.output > ${chance.whole(0, 5)} %}`;
      edges.push([entry, to, index === 0 ? {} : { when }]);
    }
    const meet = add("set", { join: randomJoin(chance, branches.length) });
    for (const { exits } of branches) lead(exits, meet);
    if (chance.happens(0.4)) {
      const [by, of] = [chance.pick(branches), chance.pick(branches)];
      const at = nodes.findIndex(({ id }) => id === by.entry);
      const cancels = [by === of ? meet : of.entry];
      nodes[at] = { ...nodes[at], id: by.entry, cancels };
    }
    return { entry, exits: [{ from: meet, more: {} }] };
  }

  function loop(depth: number): Piece {
    const body = piece(depth - 1);
    const test = add("set");
    lead(body.exits, test);
    edges.push([test, body.entry, { when: `{% $steps.${test}.visits < ${chance.whole(2, 3)} %}` }]);
    return { entry: body.entry, exits: [{ from: test, more: {} }] };
  }

  function piece(depth: number): Piece {
    if (depth <= 0 || chance.happens(0.3)) return step();
    return chance.pick([sequence, sequence, choice, parallel, inclusive, loop])(depth);
  }

  const whole = piece(3);
  const end = add("end", randomEnd(chance));
  lead(whole.exits, end);
  const sketch = {
    nodes: [...nodes, ...undoing],
    edges,
    start: whole.entry,
    limits: { maxVisits: 12 },
  };
  return wild ? withWildEdges(chance, sketch) : sketch;
}

function randomNode(chance: Chance): [type: string, more: JsonObject] {
  const retry = { maxAttempts: chance.whole(1, 3), backoff: { initial: "PT2S" } };
  switch (chance.pick(["set", "tool", "tool", "tool", "llm", "wait", "wait", "approval"])) {
    case "tool": {
      const tool = chance.pick(TOOLS);
      const onUnknown = chance.pick(["fail", "retry"]);
      return ["tool", { tool, with: { n: chance.whole(0, 9) }, retry, onUnknown }];
    }
    case "llm":
      return ["llm", { prompt: "say {% $run.id %}", retry }];
    case "wait":
      return ["wait", randomWait(chance)];
    case "approval": {
      const due = chance.happens(0.5) ? { due: "PT20M" } : {};
      return ["approval", { approvers: [...PEOPLE], quorum: chance.whole(1, 2), ...due }];
    }
    default:
      return ["set", { with: { n: chance.whole(0, 9) }, assign: { last: "{% $output.n %}" } }];
  }
}

function randomWait(chance: Chance): JsonObject {
  if (chance.happens(0.4)) return { for: `PT${chance.whole(0, 90)}M` };
  const timeout = chance.happens(0.5) ? { timeout: `PT${chance.whole(1, 60)}M` } : {};
  const key = chance.happens(0.4) ? { key: "{% $run.id %}" } : {};
  return { event: { name: chance.pick(EVENTS), ...key }, ...timeout };
}

function randomJoin(chance: Chance, branches: number): "any" | "all" | JsonObject {
  const kind = chance.pick(["all", "all", "atLeast", "atLeast", "any"] as const);
  if (kind !== "atLeast") return kind;
  return { atLeast: chance.whole(1, branches), rest: chance.pick(["cancel", "ignore"]) };
}

function randomEnd(chance: Chance): JsonObject {
  if (chance.happens(0.15)) return { terminate: true };
  return chance.happens(0.1) ? { status: "failed", error: { code: "PLANNED" } } : {};
}

/** Adds edges that no structure asked for, and cancellations, as far as publishing takes them. */
function withWildEdges(chance: Chance, sketch: Sketch): Sketch {
  let taken = sketch;
  for (let tries = chance.whole(1, 5); tries > 0; tries--) {
    const { nodes, edges = [] } = taken;
    const from = chance.pick(nodes);
    const to = chance.pick(nodes);
    const when = `{% $steps.${from.id}.visits < ${chance.whole(2, 4)} %}`;
    const tried: Sketch = chance.happens(0.25)
      ? { ...taken, nodes: nodes.map((one) => (one === from ? { ...one, cancels: [to.id] } : one)) }
      : { ...taken, edges: [[from.id, to.id, { when }], ...edges] };
    if (validateWorkflow(documentOf(tried), EVERYTHING).errors.length === 0) taken = tried;
  }
  return taken;
}
