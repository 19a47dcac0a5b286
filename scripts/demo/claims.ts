import { isDeepStrictEqual } from "node:util";
import type { Screen } from "./screen.ts";

type Claim = Readonly<{
  /** A sentence about the product. */
  what: string;
  came: unknown;
  expected: unknown;
  /** What the table shows as evidence. Default: what came. */
  seen?: string;
}>;

export type Claims = Readonly<{
  /** Holds a claim against what came; the demo ends at the first that is not true. */
  check(claim: Claim): void;
  /** Prints all that were checked, each with its evidence. */
  table(): void;
  count(): number;
}>;

const WHAT_WIDTH = 62;
const SHOWN_MAX = 2_000;

/** A claim that was not true, with what was expected and what came. */
export class ClaimFailed extends Error {
  override readonly name = "ClaimFailed";
}

export function openClaims(screen: Screen): Claims {
  const checked: Readonly<{ what: string; seen: string }>[] = [];
  return {
    check({ what, came, expected, seen }) {
      if (!isDeepStrictEqual(came, expected)) {
        screen.wrong(what);
        throw new ClaimFailed(`expected: ${shown(expected)}\ncame:     ${shown(came)}`);
      }
      checked.push({ what, seen: seen ?? shown(came) });
      screen.checked(what);
    },
    table() {
      const numberWidth = String(checked.length).length;
      for (const [index, { what, seen }] of checked.entries()) {
        const number = String(index + 1).padStart(numberWidth);
        screen.row(`${number}  ${what.padEnd(WHAT_WIDTH)}  ${seen}`);
      }
    },
    count: () => checked.length,
  };
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
