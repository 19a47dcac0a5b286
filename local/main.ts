import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { HttpApp } from "../adapters/http/http.ts";
import { parseModels } from "../adapters/models/models-config.ts";
import { Fault } from "../core/ports/fault.ts";
import { banner } from "./banner.ts";
import { openDataFolder } from "./data-folder.ts";
import { isLoopback, localUrl, servedHosts } from "./host-name.ts";
import { httpDoor } from "./http-door.ts";
import { jsonLog } from "./json-log.ts";
import { openLocal } from "./runtime.ts";
import { settings } from "./settings.ts";

/** `npm start`: the product on one port, until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const read = settings(process.env);
  if (!read.ok) return fail(read.faults);
  const { host, dataFolder, dev } = read.settings;
  const opened = await openDataFolder(dataFolder);
  if (!opened.ok) return fail([opened.message]);
  const { folder } = opened;
  const log = jsonLog({ quiet: process.env["HOLDFAST_LOG"] !== "info" });

  // The port may be any that is free, and links must name it: so listening comes first.
  let app: HttpApp = async () => ({ status: 503, headers: { "retry-after": "1" }, body: "" });
  const hosts = servedHosts(host, read.settings.publicUrl);
  const showsDev = isLoopback(host) || dev;
  const door = httpDoor({
    app: (request) => app(request),
    log,
    host,
    port: read.settings.port,
    hosts,
  });
  const port = await door.listen();
  const publicUrl = read.settings.publicUrl ?? localUrl(host, port);
  const apiKey = read.settings.apiKey ?? folder.keys.apiKey;
  const platformKey = read.settings.platformKey ?? folder.keys.platformKey;
  const local = await openLocal({
    databaseFile: folder.databaseFile,
    publicUrl,
    apiKey,
    platformKey,
    linkKey: folder.keys.linkKey,
    secretKey: folder.keys.secretKey,
    models: parseModels(read.settings.models),
    dev: showsDev,
    version: versionHere(),
    log,
  });
  folder.announce(port);
  const again = await local.recover();
  ({ app } = local);
  process.stdout.write(
    banner({
      url: publicUrl,
      dataFolder: folder.path,
      apiKey: read.settings.apiKey === undefined ? apiKey : undefined,
      platformKey: read.settings.platformKey === undefined ? platformKey : undefined,
      dev: showsDev,
      clockOffsetMs: local.clock.offsetMs(),
      example: { file: here("examples/hello.json"), workflow: "hello", input: { name: "Ada" } },
    }),
  );
  if (again > 0) process.stdout.write(`  ${again} interrupted runs go on.\n`);

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await door.drain();
    await local.close();
    folder.close();
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

try {
  await main();
} catch (error) {
  fail([
    error instanceof Fault ? error.message : String(error instanceof Error ? error.stack : error),
  ]);
}
