import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

export type Printed = Readonly<{
  /** Both streams as they came, newest line last. */
  text(): string;
  /** The first line, of those printed and to come, that matches. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  /** Nothing more will come: whoever still waits for a line is told so. */
  end(): void;
}>;

const LINES_MAX = 20_000;

/** Keeps the newest lines that a program prints, and lets callers wait for one. */
export function printedBy(name: string, streams: readonly Readable[]): Printed {
  const lines: string[] = [];
  const listeners = new Set<(line: string | undefined) => void>();
  const tell = (line: string | undefined) => {
    for (const listener of listeners) listener(line);
  };
  let ended = false;

  for (const input of streams) {
    createInterface({ input }).on("line", (line) => {
      lines.push(line);
      if (lines.length > LINES_MAX) lines.shift();
      tell(line);
    });
  }
  const text = () => lines.join("\n");

  return {
    text,
    line(pattern, withinMs = 30_000) {
      const failure = (why: string) =>
        new Error(`${name} ${why} ${pattern}. It printed:\n${text()}`);
      const seen = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
      if (seen) return Promise.resolve(seen);
      if (ended) return Promise.reject(failure("ended without a line like"));

      return new Promise((resolve, reject) => {
        const done = () => {
          listeners.delete(listener);
          clearTimeout(timer);
        };
        const listener = (line: string | undefined) => {
          const match = line === undefined ? null : pattern.exec(line);
          if (match === null && line !== undefined) return;
          done();
          if (match) resolve(match);
          else reject(failure("ended without a line like"));
        };
        const timer = setTimeout(() => {
          done();
          reject(failure(`printed, within ${withinMs} ms, no line like`));
        }, withinMs);
        listeners.add(listener);
      });
    },
    end() {
      ended = true;
      tell(undefined);
    },
  };
}
