import type { Json, JsonObject } from "../../core/kernel/json.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import { ADMIN, type House, type HouseOptions, house } from "../support/house.ts";

type Node = Readonly<{ id: string; type: string; [more: string]: Json }>;
type Connection = Readonly<{ source: string; target: string; [more: string]: Json }>;

/** `a -> b [condition]`, with `else` for the default. */
export function connections(...lines: readonly string[]): Connection[] {
  return lines.map((line) => {
    const [, source = "", target = "", condition] =
      /^(\w+) -> (\w+)(?: \[(.*)\])?$/.exec(line) ?? [];
    if (condition === undefined) return { source, target };
    return condition === "else"
      ? { source, target, isDefault: true }
      : { source, target, condition };
  });
}

/** Tasks in a row, between a start and an end. */
export function inARow(...tasks: readonly Node[]): JsonObject {
  const nodes = [{ id: "first", type: "startProcess" }, ...tasks, { id: "last", type: "endEvent" }];
  const ids = nodes.map(({ id }) => id);
  return {
    name: "Row",
    nodes,
    connections: connections(...ids.slice(1).map((id, n) => `${ids[n]} -> ${id}`)),
  };
}

export async function begun(
  home: House,
  document: JsonObject,
  input: JsonObject = {},
): Promise<RunKey> {
  const imported = await home.engine.workflows.import(ADMIN, { dialect: "process", document });
  if (!imported.ok) throw new Error(JSON.stringify(imported.refusal));
  const name = imported.value.document["name"];
  const key = await home.start(name as string, { input, tags: { initiator: "ada@example.com" } });
  await home.drive(key);
  return key;
}

export async function outcome(
  document: JsonObject,
  input: JsonObject = {},
  options: HouseOptions = {},
) {
  const home = house(options);
  const key = await begun(home, document, input);
  const { status, output, error, steps } = await home.read(key);
  return { status, output, code: error?.code, nodes: steps.map(({ node }) => node) };
}

export async function refusals(document: Json) {
  const home = house();
  const imported = await home.engine.workflows.import(ADMIN, { dialect: "process", document });
  if (imported.ok) throw new Error("it was imported");
  return imported.refusal.errors?.map(({ path, code }) => `${path} ${code}`);
}
