import { readFileSync } from "node:fs";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, chainHash, type Skeleton } from "../../core/kernel/ledger.ts";
import { sha256 } from "./story.ts";

const vector = (name: string) =>
  readFileSync(new URL(`../data/jcs/${name}`, import.meta.url), "utf8");

/** A double by its sixteen hexadecimal digits. */
function double(hex: string): number {
  return Buffer.from(hex.padStart(16, "0"), "hex").readDoubleBE();
}

describe("canonical JSON", () => {
  test.each(["arrays", "french", "structures", "unicode", "values", "weird"])(
    "is as RFC 8785 has it: %s",
    (name) => {
      expect(canonical(JSON.parse(vector(`${name}.in`)))).toBe(vector(`${name}.out`));
    },
  );

  test.each([
    ["4340000000000001", "9007199254740994"],
    ["4340000000000002", "9007199254740996"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["8000000000000000", "0"],
    ["0", "0"],
    ["1", "5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
  ])("writes the double %s as %s", (hex, text) => {
    expect(canonical(double(hex))).toBe(text);
  });

  test("agrees with the canonicalize package on any JSON value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(canonical(value)).toBe(canonicalize(value));
      }),
      { numRuns: 300 },
    );
  });

  test("agrees with it on objects with many members and odd names", () => {
    const names = fc.oneof(
      fc.string({ unit: "binary" }).filter((name) => name.isWellFormed()),
      fc.constantFrom("__proto__", "constructor", "", "10", "9", "é", "\u{1f600}", "\ufb33"),
    );
    fc.assert(
      fc.property(fc.dictionary(names, fc.integer(), { maxKeys: 60 }), (object) => {
        expect(canonical(object)).toBe(canonicalize(object));
      }),
      { numRuns: 200 },
    );
  });

  test("does not depend on the order in which members were made", () => {
    const members = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), {
      selector: ([name]) => name,
      maxLength: 40,
    });
    fc.assert(
      fc.property(members, fc.array(fc.nat(), { minLength: 40 }), (entries, order) => {
        const mixed = entries.map((entry, index) => [order[index] ?? 0, entry] as const);
        const other = mixed.toSorted(([a], [b]) => a - b).map(([, entry]) => entry);
        expect(canonical(Object.fromEntries(other))).toBe(canonical(Object.fromEntries(entries)));
      }),
      { numRuns: 100 },
    );
  });

  test("keeps a lone surrogate as an escape, where the RFC would refuse it", () => {
    expect(canonical("a\ud800b")).toBe('"a\\ud800b"');
    expect(canonical({ "\udc00": 1 })).toBe('{"\\udc00":1}');
  });

  test("leaves out what is undefined, and refuses numbers that JSON has not", () => {
    expect(canonical({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(canonical([undefined])).toBe("[null]");
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => canonical({ number })).toThrow("not finite");
    }
  });
});

describe("the chain's hash", () => {
  const skeleton: Skeleton = {
    version: 1,
    run: "run-1",
    seq: 3,
    types: ["step.started"],
    at: 5,
    actor: "{}",
    prev: "before",
    digest: "digest",
  };

  test("covers every member of the skeleton", () => {
    const hash = chainHash(skeleton, sha256);
    const others: readonly Partial<Skeleton>[] = [
      { run: "run-2" },
      { seq: 4 },
      { types: ["step.failed"] },
      { at: 6 },
      { actor: '{"id":"x"}' },
      { prev: "other" },
      { digest: "other" },
    ];

    for (const other of others) {
      expect(chainHash({ ...skeleton, ...other }, sha256)).not.toBe(hash);
    }
    expect(chainHash({ ...skeleton }, sha256)).toBe(hash);
  });
});
