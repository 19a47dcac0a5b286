// oxlint-disable unicorn/no-thenable -- `then` is a word of the language
import { chain } from "./given.ts";
import type { Sketch } from "./given-sketch.ts";

const people = ["ada@example.com", "bob@example.com", "cy@example.com"];
export const call = (id: string, tool = "charge") => ({ id, type: "tool", tool, with: { id } });
const set = (id: string, more = {}) => ({ id, type: "set", with: id, ...more });

/** What a flow has started as a child: see `setUp`. */
export const LEAF = { name: "leaf", ...chain(call("x"), call("y")) };

/** A body of a map: one call for each item, and then another. */
const body = {
  nodes: [call("m"), call("n")],
  edges: [{ from: "m", to: "n" }],
};

/**
 * A small workflow for each node type, and for what joins and is tried again. A test sees that
 * no type is missing.
 */
export const FLOWS: Readonly<Record<string, Sketch>> = {
  script: chain({ id: "a", type: "script", with: 2, code: "return input * 2" }, call("b")),
  rules: chain(
    {
      id: "a",
      type: "rules",
      with: { x: 5 },
      table: {
        hitPolicy: "first",
        inputs: ["x"],
        outputs: ["n"],
        rules: [{ when: ["> 3"], then: [1] }],
      },
    },
    call("b"),
  ),
  form: chain({ id: "a", type: "form", assignees: people, title: "Fill in" }, call("b")),
  ask: chain({ id: "a", type: "ask", assignees: people, prompt: "Which?" }, call("b")),
  map: chain(call("a"), { id: "each", type: "map", items: [1, 2, 3], body }, call("b")),
  "map of one at a time": chain(
    { id: "each", type: "map", items: [1, 2], concurrency: 1, body },
    call("b"),
  ),
  subflow: chain(call("a"), { id: "sub", type: "subflow", workflow: LEAF.name }, call("b")),
  "subflow that is not waited for": chain(
    { id: "sub", type: "subflow", workflow: LEAF.name, mode: "async" },
    call("b"),
  ),
  "wait for any of several": chain(
    { id: "a", type: "wait", any: [{ event: { name: "paid" } }, { event: { name: "packed" } }] },
    call("b"),
  ),
  "wait for all of several": chain(
    { id: "a", type: "wait", all: [{ event: { name: "paid" } }, { event: { name: "packed" } }] },
    call("b"),
  ),
  "tool that can be undone": {
    nodes: [{ ...call("a"), compensate: "u" }, call("b"), call("u")],
    edges: [["a", "b"]],
  },
  set: chain(set("a"), set("b")),
  tool: chain(call("a"), call("b"), call("c")),
  "tool that needs a person": chain(call("a", "ship"), call("b")),
  llm: chain({ id: "a", type: "llm", prompt: "x" }, call("b")),
  notify: chain(
    { id: "a", type: "notify", channel: "email", to: people, subject: "x", body: "y" },
    call("b"),
  ),
  approval: chain({ id: "a", type: "approval", approvers: people, quorum: 2 }, call("b")),
  "approval that presses for an answer": chain(
    {
      id: "a",
      type: "approval",
      approvers: people,
      quorum: 2,
      reminders: ["PT1M"],
      escalation: [{ after: "PT2M", action: "reassign", to: people }],
    },
    call("b"),
  ),
  "wait for a time": chain(call("a"), { id: "b", type: "wait", for: "PT10M" }, call("c")),
  "wait for an event": chain({ id: "a", type: "wait", event: { name: "paid" } }, call("b")),
  "wait that times out": {
    nodes: [{ id: "a", type: "wait", event: { name: "never" }, timeout: "PT1S" }, call("b")],
    edges: [
      ["a", "b", { on: "timeout" }],
      ["a", "b"],
    ],
  },
  "end that terminates": {
    nodes: [
      set("go", { split: "all" }),
      call("a"),
      { id: "b", type: "wait", for: "P1D" },
      { id: "z", type: "end", terminate: true },
    ],
    edges: [
      ["go", "a"],
      ["go", "b"],
      ["a", "z"],
    ],
  },
  "split and join": {
    nodes: [
      set("go", { split: "all" }),
      call("a"),
      call("b"),
      call("c"),
      set("z", { join: "all" }),
    ],
    edges: [
      ["go", "a"],
      ["go", "b"],
      ["go", "c"],
      ["a", "z"],
      ["b", "z"],
      ["c", "z"],
    ],
  },
  loop: {
    nodes: [call("a"), { id: "z", type: "end" }],
    edges: [
      ["a", "a", { when: "{% $steps.a.visits < 3 %}" }],
      ["a", "z"],
    ],
  },
};
