import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../support/port.ts";
import { type Proc, startNode } from "../support/proc.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const KEY = "hf_kill_key";

export type Victim = Awaited<ReturnType<typeof openVictim>>;

/** The product as `npm start` has it, on one port and one data folder over all of its lives. */
export async function openVictim() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-kill-"));
  const port = await freePort();
  const env = {
    NODE_OPTIONS: "--max-semi-space-size=64",
    PORT: String(port),
    HOST: "127.0.0.1",
    HOLDFAST_DATA: folder,
    HOLDFAST_API_KEY: KEY,
    HOLDFAST_PLATFORM_KEY: `${KEY}_platform`,
    HOLDFAST_MODELS: undefined,
    HOLDFAST_PUBLIC_URL: undefined,
    HOLDFAST_LOG: undefined,
  };
  let life: Proc | undefined;
  const errors: string[] = [];

  /** What a life had to complain about; a killed one has no time to. */
  async function over(ending: Promise<unknown> | undefined, printed: string): Promise<void> {
    await ending;
    errors.push(...printed.split("\n").filter((line) => line.includes('"level":"error"')));
    life = undefined;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    key: KEY,
    errors,
    launch(): void {
      life = startNode(join(ROOT, "local", "main.ts"), [], { cwd: ROOT, env });
    },
    ready: async (): Promise<void> => void (await life?.line(/Holdfast is ready at/)),
    async kill(): Promise<void> {
      const printed = life?.output() ?? "";
      await over(life?.kill(), printed);
    },
    async close(): Promise<void> {
      await over(life?.stop(), life?.output() ?? "");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Deaths = Readonly<{ kills: number; whileStarting: number }>;

const LIFE_MS = { min: 50, max: 500 };
/** The share of lives that end before they are ready. */
const STARTING = 0.2;

/** Kills and starts it again until the time is over; then it lives. */
export async function killAgainAndAgain(
  victim: Victim,
  random: () => number,
  forMs: number,
): Promise<Deaths> {
  const until = performance.now() + forMs;
  let kills = 0;
  let whileStarting = 0;
  while (performance.now() < until) {
    victim.launch();
    const isStarting = random() < STARTING;
    const lifeMs = LIFE_MS.min + random() * (LIFE_MS.max - LIFE_MS.min);
    if (isStarting) whileStarting++;
    else await victim.ready();
    await delay(lifeMs);
    await victim.kill();
    kills++;
  }
  victim.launch();
  await victim.ready();
  return { kills, whileStarting };
}
