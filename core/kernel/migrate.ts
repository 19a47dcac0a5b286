import { bodyOf, type MapState } from "./frames.ts";
import { own } from "./json.ts";
import { canonical } from "./ledger.ts";
import { type Run, stepOf, type Token } from "./run.ts";
import type { Node, Workflow } from "./workflow.ts";

/** Something that a migration meets: one that stops it, or one that is worth knowing. */
export type Finding = Readonly<{ node: string; step?: string; code: string; message: string }>;

export type Migration = Readonly<{
  /** What does not map: with any, nothing is migrated. */
  problems: readonly Finding[];
  /** What maps, and stays otherwise than the new definition would have it. */
  notes: readonly Finding[];
  /** Tokens whose next attempt has a new input, because their node is another. */
  anew: readonly number[];
  /** Tokens whose wait begins again, as the new definition has it. */
  reopened: readonly number[];
}>;

export type MigrationRequest = Readonly<{
  /** Nodes that have another name now, old to new. Those in the bodies of maps keep theirs. */
  map: Readonly<Record<string, string>>;
  /** Nodes whose open waits begin again, by their old names. */
  reopen: readonly string[];
}>;

type Making = { problems: Finding[]; notes: Finding[]; anew: number[]; reopened: number[] };
type Between = Readonly<{ run: Run; from: Workflow; to: Workflow; request: MigrationRequest }>;

/**
 * What would become of a run under another definition. It is judged where the run stands: a token
 * needs its node, of its type; what is under way needs its node as it was.
 */
export function migrationOf(
  run: Run,
  from: Workflow,
  to: Workflow,
  request: MigrationRequest,
): Migration {
  const between = { run, from, to, request };
  const made: Making = { problems: [], notes: [], anew: [], reopened: [] };
  checkMap(between, made);
  for (const token of tokensIn(run)) checkToken(between, made, token);
  checkUndo(between, made);
  for (const node of request.reopen) {
    if (tokensIn(run).some((token) => token.node === node && made.reopened.includes(token.id))) {
      continue;
    }
    const message = `no wait is open at "${node}" that could begin again`;
    made.problems.push({ node, code: "NOTHING_TO_REOPEN", message });
  }
  for (const [name] of to.vars) {
    if (own(run.vars, name) !== undefined) continue;
    const message = `the variable ${name} is new, and has no value until it is set by hand`;
    made.notes.push({ node: "", code: "VARIABLE_NEW", message });
  }
  return made;
}

/** All tokens of a run: of a failed one, those that a retry lets go on. */
function tokensIn(run: Run): readonly Token[] {
  const { tokens, maps } = run.halted ?? run;
  return [...Object.values(tokens), ...Object.values(maps ?? {}).flatMap(tokensKept)];
}

/** Of items that a failure stopped, and that a retry takes up again. */
function tokensKept({ kept }: MapState): readonly Token[] {
  if (!kept) return [];
  return [...Object.values(kept.tokens), ...Object.values(kept.maps).flatMap(tokensKept)];
}

function checkMap({ run, from, to, request }: Between, { problems }: Making): void {
  const { visits, joins, maps } = run.halted ? { ...run, ...run.halted } : run;
  for (const [old, name] of Object.entries(request.map)) {
    const say = (code: string, message: string) => problems.push({ node: old, code, message });
    if (!from.nodes.has(old)) say("NODE_UNKNOWN", `the run's definition has no node "${old}"`);
    if (!to.nodes.has(name)) say("NODE_GONE", `the new definition has no node "${name}"`);
    if (bodyOf(old) !== "" || bodyOf(name) !== "") {
      say("NODE_IN_MAP", "a node in the body of a map keeps its name");
    }
    if (name !== old && (own(visits, name) ?? 0) > 0 && own(request.map, name) === undefined) {
      say("NAME_TAKEN", `the run has visited a node "${name}" already`);
    }
    if (Object.values(maps ?? {}).some(({ node }) => node === old)) {
      say("MAP_UNDER_WAY", `the items of "${old}" are under way: it keeps its name`);
    }
    if (Object.keys(joins).some((join) => join.startsWith(`${old}#`))) {
      say("JOIN_UNDER_WAY", `"${old}" is counting: it keeps its name`);
    }
  }
  const names = Object.values(request.map);
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
    const message = `two nodes cannot both become "${name}"`;
    problems.push({ node: name, code: "NAME_TAKEN", message });
  }
}

function checkToken(between: Between, made: Making, token: Token): void {
  const { from, to, request } = between;
  const old = from.nodes.get(token.node);
  const name = own(request.map, token.node) ?? token.node;
  const next = to.nodes.get(name);
  const at = { node: token.node, ...(token.visit > 0 && { step: stepOf(token) }) };
  if (!next || !old) {
    const message = `the run is at "${token.node}", and the new definition has no node "${name}"`;
    made.problems.push({ ...at, code: "NODE_GONE", message });
    return;
  }
  if (next.type !== old.type) {
    const message = `"${name}" is of type ${next.type}, and the run is at one of type ${old.type}`;
    made.problems.push({ ...at, code: "TYPE_CHANGED", message });
    return;
  }
  if (canonical({ ...old.join }) !== canonical({ ...next.join }) && token.status === "parked") {
    const message = `paths have come to the join "${token.node}", which joins otherwise now`;
    made.problems.push({ ...at, code: "JOIN_CHANGED", message });
  }
  checkForks(between, made, token);
  const changed = asWritten(old) !== asWritten(next);
  if (name !== token.node || changed) checkOpen(between, made, token, { ...at, changed });
  else if (request.reopen.includes(token.node) && mayReopen(token)) made.reopened.push(token.id);
}

/** The splits that a path descends from, which joins count by, must be there as they were. */
function checkForks({ from, to, request }: Between, { problems }: Making, token: Token): void {
  for (const { split } of token.forks ?? []) {
    const name = own(request.map, split) ?? split;
    const joins = [...from.splitOf].filter(([, by]) => by === split);
    const kept = joins.every(([join]) => {
      const now = own(request.map, join) ?? join;
      const [before, after] = [from.nodes.get(join)?.join, to.nodes.get(now)?.join];
      return to.splitOf.get(now) === name && canonical({ ...before }) === canonical({ ...after });
    });
    if (kept) continue;
    const message = `paths of the split "${split}" are under way, and are joined otherwise now`;
    problems.push({ node: token.node, code: "JOIN_CHANGED", message });
  }
}

type At = Readonly<{ node: string; step?: string; changed: boolean }>;

/** The token's node has another name, or other words: what is under way there decides. */
function checkOpen({ request }: Between, made: Making, token: Token, given: At): void {
  const { changed, ...at } = given;
  if (isUnderWay(token)) {
    const message = `${at.step} is being called, or has been approved as it was: pause the run, let it end, or skip it`;
    made.problems.push({ ...at, code: "STEP_UNDER_WAY", message });
    return;
  }
  if (request.reopen.includes(token.node) && mayReopen(token)) {
    made.reopened.push(token.id);
    return;
  }
  if (!changed) return;
  if (token.status === "waiting" && !token.stopped) {
    const message = `${at.step} goes on waiting as it was opened, for what it was opened for`;
    made.notes.push({ ...at, code: "WAIT_KEPT", message });
  } else if (token.status === "mapping") {
    const message = `items of ${at.step} that have begun keep what they have; later ones follow the new body`;
    made.notes.push({ ...at, code: "MAP_CHANGED", message });
  } else if (token.input !== undefined) {
    const message = `the next attempt of ${at.step} has the input of the new definition, and the key of its visit`;
    made.notes.push({ ...at, code: "INPUT_ANEW", message });
    made.anew.push(token.id);
  }
}

/** What was begun by the old words must not be gone on with by the new ones. */
function isUnderWay(token: Token): boolean {
  if (token.stopped) return false;
  const { wait, status, approved } = token;
  if (status === "running" || approved === true || wait?.kind === "job") return true;
  return wait?.kind === "child" || (wait?.kind === "approval" && wait.gate === true);
}

function mayReopen({ status, wait, stopped }: Token): boolean {
  if (status !== "waiting" || !wait || stopped) return false;
  if (wait.kind === "approval") return wait.gate !== true;
  return ["timer", "event", "several", "form", "ask"].includes(wait.kind);
}

/** What was done must be undone by what the new definition has for it. */
function checkUndo({ run, to, request }: Between, { problems }: Making): void {
  for (const { node, by } of (run.halted ?? run).undo ?? []) {
    const name = own(request.map, by) ?? by;
    if (to.nodes.has(name)) continue;
    const message = `"${node}" is undone by "${by}", and the new definition has no node "${name}"`;
    problems.push({ node, code: "UNDO_GONE", message });
  }
}

/** A node's words but for its name, and for what is only shown where nobody is asked. */
function asWritten({ document, type }: Node): string {
  const { id: _id, title, description, ...words } = document;
  const isShown = type === "approval" || type === "form" || type === "ask";
  return canonical(isShown ? { ...words, title: title ?? "", about: description ?? "" } : words);
}
