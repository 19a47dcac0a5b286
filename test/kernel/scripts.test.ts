import { describe, expect, test } from "vitest";
import { decide } from "../../core/kernel/decide.ts";
import type { Found, Need } from "../../core/kernel/needs.ts";
import { unstarted } from "../../core/kernel/run.ts";
import { chain, contextOf } from "../support/given.ts";
import { story } from "./story.ts";

const script = (id: string, more = {}) => ({ id, type: "script", code: "return 1", ...more });
const call = { id: "call", type: "tool", tool: "charge" };
const START = {
  type: "run.create",
  id: "r",
  tenant: "acme",
  seed: "s",
  input: 2,
  tags: {},
} as const;

describe("a script", () => {
  test("is asked for by the decision that needs it, with its input", async () => {
    const sketch = chain(script("a", { with: { n: "{% $input %}" } }));
    const decision = await decide(unstarted("acme", "r"), START, contextOf(sketch));

    expect(decision).toEqual({
      type: "needs",
      need: { kind: "script", code: "return 1", input: { n: 2 }, timeoutMs: 1_000 },
    });
  });

  test("costs no commit of its own: it is in the one that starts the next call", async () => {
    const tale = await story(chain(script("a"), script("b"), call), {
      found: () => ({ ok: true, value: 7 }),
    });

    expect(tale.log).toHaveLength(2);
    expect(tale.run.results["b"]).toMatchObject([{ output: 7 }]);
  });

  test.each([
    ["threw", "SCRIPT_ERROR"],
    ["time", "TIMEOUT"],
    ["memory", "SCRIPT_OUT_OF_MEMORY"],
    ["size", "OUTPUT_TOO_LARGE"],
  ] as const)("that fails (%s) is %s, which an edge can take", async (reason, code) => {
    const found = (): Found => ({ ok: false, reason, message: "it did" });
    const failing = await story(chain(script("a")), { found });
    const caught = await story(
      {
        nodes: [script("a"), { id: "b", type: "set", with: "{% $steps.a.error.code %}" }],
        edges: [["a", "b", { on: "error", errors: [code] }]],
      },
      { found },
    );

    expect(failing.run.error).toMatchObject({ code, node: "a" });
    expect(caught.run.output).toBe(code);
  });

  test.each([
    ["PT0.5S", 500],
    ["PT5S", 1_000],
  ])("with a timeout of %s has %i ms", async (timeout, timeoutMs) => {
    const asked: Need[] = [];
    await story(chain(script("a", { timeout })), {
      found: (need) => {
        asked.push(need);
        return { ok: true, value: null };
      },
    });

    expect(asked[0]).toMatchObject({ timeoutMs });
  });

  test("is one of twenty that one commit takes on, however many there are", async () => {
    const scripts = Array.from({ length: 45 }, (_, n) => script(`s${n}`));
    const tale = await story(chain(...scripts), { found: () => ({ ok: true, value: 1 }) });

    const perCommit = tale.log.map(
      ({ events }) => events.filter(({ type }) => type === "step.succeeded").length,
    );
    expect(Math.max(...perCommit)).toBe(20);
    expect(tale.run.status).toBe("succeeded");
  });
});
