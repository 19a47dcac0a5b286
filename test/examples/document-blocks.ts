import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startProcess } from "../../scripts/support/proc.ts";
import { ROOT } from "../architecture/source.ts";

type Block = Readonly<{
  /** Where it begins in its document. */
  line: number;
  script: string;
  /** What the document says that it prints: the `text` block right after it. */
  promised: readonly string[];
}>;

export type Ran = Readonly<{
  line: number;
  script: string;
  output: string;
  missing: readonly string[];
}>;

const MARK = "@@block ";

/**
 * Runs the `sh` blocks of a document one after the other in one bash, as a reader pastes them, and
 * stops at the first command that fails. A line of a `text` block has parts, separated by `…`,
 * that the block before it must have printed on one line.
 */
export async function runBlocks(
  path: string,
  replace: Readonly<Record<string, string>>,
): Promise<{ ran: readonly Ran[]; failure: string | undefined }> {
  let text = readFileSync(join(ROOT, path), "utf8");
  for (const [from, to] of Object.entries(replace)) text = text.replaceAll(from, to);
  const blocks = blocksIn(text);
  const script = blocks.map((block, index) => `printf '\n${MARK}${index}\n'\n${block.script}`);
  const bash = startProcess("bash", ["-c", `set -euo pipefail\n${script.join("\n")}`], {
    cwd: ROOT,
  });
  const { code } = await bash.exited;

  const outputs = bash.output().split(`\n${MARK}`).slice(1);
  const ran = outputs.map((printed) => {
    const [index = "", ...lines] = printed.split("\n");
    const { line, script: source, promised } = blocks[Number(index)] as Block;
    const missing = promised.filter((promise) => !lines.some((one) => keeps(one, promise)));
    return { line, script: source, output: lines.join("\n"), missing };
  });
  const last = ran.at(-1);
  const failure =
    code === 0
      ? undefined
      : `${path}:${last?.line} ended with ${code}:\n${last?.script}${last?.output}`;
  return { ran, failure };
}

function blocksIn(text: string): readonly Block[] {
  return [...text.matchAll(/^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    script: match[1] ?? "",
    promised: (match[2] ?? "").split("\n").filter((line) => line !== ""),
  }));
}

function keeps(line: string, promise: string): boolean {
  let at = 0;
  for (const part of promise.split("…")) {
    const found = line.indexOf(part.trim(), at);
    if (found < 0) return false;
    at = found + part.trim().length;
  }
  return true;
}
