/** Nothing is wider than this, so that the story reads well in any terminal. */
export const WIDTH = 100;
const MARGIN = "  ";
const LABEL_WIDTH = 14;

export type Screen = Readonly<{
  title(text: string): void;
  /** Prose, wrapped. */
  say(text: string): void;
  act(name: string): void;
  /** One fact: a label, and what the program really said. */
  fact(label: string, text: string): void;
  /** Text as it came, behind a bar. */
  quote(text: string): void;
  row(text: string, look?: Look): void;
  checked(text: string): void;
  wrong(text: string): void;
  blank(): void;
}>;

export type Look = "plain" | "bold" | "dim" | "good" | "bad";

const CODES: Readonly<Record<Look, string>> = {
  plain: "",
  bold: "\u001B[1m",
  dim: "\u001B[2m",
  good: "\u001B[32m",
  bad: "\u001B[31m",
};

/** Writes the story. Colours only where a person looks and has not said no to them. */
export function openScreen(options: {
  write: (text: string) => void;
  colours: boolean;
  /** Milliseconds since the demo began. */
  elapsed: () => number;
}): Screen {
  const { write, colours, elapsed } = options;
  const paint = (look: Look, text: string) =>
    colours && look !== "plain" ? `${CODES[look]}${text}\u001B[0m` : text;
  const row = (text: string, look: Look = "plain") =>
    write(`${MARGIN}${paint(look, fit(text, WIDTH - MARGIN.length))}\n`);
  const blank = () => write("\n");

  return {
    blank,
    row,
    title: (text) => row(text, "bold"),
    say(text) {
      for (const line of wrapped(text, WIDTH - 2 * MARGIN.length)) row(line);
    },
    act(name) {
      const seconds = `${(elapsed() / 1000).toFixed(1)} s`;
      const rule = "─".repeat(
        Math.max(0, WIDTH - MARGIN.length - name.length - seconds.length - 2),
      );
      blank();
      write(`${MARGIN}${paint("bold", name)} ${paint("dim", `${rule} ${seconds}`)}\n`);
    },
    fact(label, text) {
      const lines = wrapped(text, WIDTH - MARGIN.length - LABEL_WIDTH);
      for (const [index, line] of lines.entries()) {
        const name = (index === 0 ? label : "").padEnd(LABEL_WIDTH);
        write(`${MARGIN}${paint("dim", name)}${line}\n`);
      }
    },
    quote(text) {
      for (const line of text.trimEnd().split("\n")) {
        write(`${MARGIN}${paint("dim", "│")} ${fit(line, WIDTH - MARGIN.length - 2)}\n`);
      }
    },
    checked: (text) => write(`${MARGIN}${paint("good", "✓")} ${fit(text, WIDTH - 4)}\n`),
    wrong: (text) => write(`${MARGIN}${paint("bad", "✗")} ${fit(text, WIDTH - 4)}\n`),
  };
}

/** What is too long is cut, and says so. */
export function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Broken at spaces, and inside a word only when it alone is too long. */
export function wrapped(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= width) line = longer;
    else {
      if (line !== "") lines.push(line);
      line = fit(word, width);
    }
  }
  return [...lines, line];
}
