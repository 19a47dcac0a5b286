import { chain } from "./given.ts";
import type { Sketch } from "./given-sketch.ts";

const people = ["ada@example.com", "bob@example.com", "cy@example.com"];
export const call = (id: string, tool = "charge") => ({ id, type: "tool", tool, with: { id } });
const set = (id: string, more = {}) => ({ id, type: "set", with: id, ...more });

/** A small workflow for each node type, and for what joins and is tried again. */
export const FLOWS: Readonly<Record<string, Sketch>> = {
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
