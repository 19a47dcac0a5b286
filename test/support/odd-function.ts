/** A function that does what its input says. */
export async function handler({ input }: { input: string }): Promise<unknown> {
  if (input === "exit") process.exit(3);
  if (input === "hang") return new Promise((resolve) => setTimeout(resolve, 600_000));
  if (input === "nothing") return undefined;
  if (input === "large") return "x".repeat(6 * 1024 * 1024 + 1);
  if (input === "env")
    return Object.keys(process.env).filter((name) => name.startsWith("HOLDFAST_"));
  throw new TypeError("odd");
}
