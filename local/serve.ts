import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { HttpApp } from "../adapters/http/http.ts";
import { parseModels } from "../adapters/models/models-config.ts";
import { parseTools } from "../adapters/tools/targets.ts";
import { jsonLog } from "../wiring/json-log.ts";
import { type BannerFacts, banner } from "./banner.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { isLoopback, localUrl, servedHosts } from "./host-name.ts";
import { httpDoor } from "./http-door.ts";
import { openLocal } from "./runtime.ts";
import { isPrivate, type Settings, settings } from "./settings.ts";

/** Until everything is open: whoever asks shall ask again in a moment. */
const starting: HttpApp = async () => ({ status: 503, headers: { "retry-after": "1" }, body: "" });

/** `npm start`: the product on one port, until SIGTERM or SIGINT. */
export async function serve(): Promise<void> {
  const read = settings(process.env);
  if (!read.ok) return fail(read.faults);
  const opened = await openDataFolder(read.settings.dataFolder);
  if (!opened.ok) return fail([opened.message]);
  await open(read.settings, opened.folder);
}

async function open(given: Settings, folder: DataFolder): Promise<void> {
  const { host, port, keys } = { ...given, keys: folder.keys };
  const log = jsonLog({ quiet: process.env["HOLDFAST_LOG"] !== "info" });
  // The port may be any that is free, and links must name it: so listening comes first.
  let app = starting;
  const hosts = servedHosts(host, given.publicUrl);
  const door = httpDoor({ app: (request) => app(request), log, host, port, hosts });
  const listening = await door.listen();
  const publicUrl = given.publicUrl ?? localUrl(host, listening);
  const dev = isLoopback(host) || given.dev;
  const local = await openLocal({
    databaseFile: folder.databaseFile,
    publicUrl,
    apiKey: given.apiKey ?? keys.apiKey,
    platformKey: given.platformKey ?? keys.platformKey,
    linkKey: keys.linkKey,
    secretKey: keys.secretKey,
    ledgerKey: keys.ledgerKey,
    models: parseModels(given.models),
    tools: parseTools(given.tools),
    dev,
    seedRoutes: given.seedRoutes ?? (isPrivate(given) ? "open" : "keyed"),
    version: versionHere(),
    log,
  });
  folder.announce(listening);
  const again = await local.recover();
  const sockets = local.listen(door.server, hosts);
  ({ app } = local);
  welcome(given, folder, { url: publicUrl, dev, clockOffsetMs: local.clock.offsetMs() }, again);
  stopOnSignal(async () => {
    sockets.close();
    await door.drain();
    await local.close();
    folder.close();
  });
}

function welcome(
  given: Settings,
  folder: DataFolder,
  facts: Pick<BannerFacts, "url" | "dev" | "clockOffsetMs">,
  again: number,
): void {
  const text = banner({
    ...facts,
    dataFolder: folder.path,
    apiKey: given.apiKey === undefined ? folder.keys.apiKey : undefined,
    platformKey: given.platformKey === undefined ? folder.keys.platformKey : undefined,
    example: { file: here("examples/hello.json"), workflow: "hello", input: { name: "Ada" } },
  });
  process.stdout.write(text);
  if (again > 0) process.stdout.write(`  ${again} interrupted runs go on.\n`);
}

/** Ends with 0 once everything is at rest; a second signal changes nothing. */
function stopOnSignal(close: () => Promise<void>): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await close();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
}

function here(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function versionHere(): string {
  const { version } = JSON.parse(readFileSync(here("package.json"), "utf8")) as { version: string };
  return version;
}

function fail(sentences: readonly string[]): void {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
