import { isLoopback } from "./host-name.ts";

export type Settings = Readonly<{
  port: number;
  host: string;
  dataFolder: string;
  platformKey: string | undefined;
  apiKey: string | undefined;
  /** The models document, or a path to it, as it was given. */
  models: string | undefined;
  /** The tools document, or a path to it, as it was given. */
  tools: string | undefined;
  publicUrl: string | undefined;
  /** Serve `/dev` and `/mail` even where other machines can reach them. */
  dev: boolean;
  /** The routes of other systems: without a key, with one, or not at all. */
  seedRoutes: SeedRoutes | undefined;
}>;

export type SeedRoutes = "open" | "keyed" | "off";

export type SettingsResult =
  | Readonly<{ ok: true; settings: Settings }>
  /** One sentence each, without the values of keys. */
  | Readonly<{ ok: false; faults: readonly string[] }>;

type Environment = Readonly<Record<string, string | undefined>>;
type Reader = Readonly<{
  text(name: string): string | undefined;
  fault(name: string, sentence: string): undefined;
}>;

/** Reads the environment. All that is wrong with it is said at once; an empty variable is unset. */
export function settings(environment: Environment): SettingsResult {
  const faults: string[] = [];
  const reader: Reader = {
    text: (name) => environment[name]?.trim() || undefined,
    fault: (name, sentence) => void faults.push(`${name} ${sentence}`),
  };
  const read: Settings = {
    port: portOf(reader) ?? 8787,
    host: hostOf(reader) ?? "127.0.0.1",
    dataFolder: reader.text("HOLDFAST_DATA") ?? ".holdfast",
    platformKey: keyOf(reader, "HOLDFAST_PLATFORM_KEY"),
    apiKey: keyOf(reader, "HOLDFAST_API_KEY"),
    models: reader.text("HOLDFAST_MODELS"),
    tools: reader.text("HOLDFAST_TOOLS"),
    publicUrl: publicUrlOf(reader),
    dev: devOf(reader) ?? false,
    seedRoutes: seedRoutesOf(reader),
  };
  if (read.apiKey !== undefined && read.apiKey === read.platformKey) {
    reader.fault("HOLDFAST_API_KEY", "must not be the same as HOLDFAST_PLATFORM_KEY.");
  }
  if (read.seedRoutes === "open" && !isPrivate(read)) {
    const why = "where only this machine can reach the server, and HOLDFAST_PUBLIC_URL is not set.";
    reader.fault("HOLDFAST_SEED_ROUTES", `may only be "open" ${why}`);
  }
  return faults.length === 0 ? { ok: true, settings: read } : { ok: false, faults };
}

/** Whoever asks is on this machine. */
export function isPrivate({ host, publicUrl }: Pick<Settings, "host" | "publicUrl">): boolean {
  return isLoopback(host) && publicUrl === undefined;
}

function portOf({ text, fault }: Reader): number | undefined {
  const given = text("PORT");
  if (given === undefined) return undefined;
  const isPort = /^\d{1,5}$/.test(given) && Number(given) <= 65_535;
  return isPort
    ? Number(given)
    : fault("PORT", `must be a number from 0 to 65535, not "${given}".`);
}

function hostOf({ text, fault }: Reader): string | undefined {
  const given = text("HOST");
  if (given === undefined || /^[A-Za-z0-9._:%-]{1,255}$/.test(given)) return given;
  return fault("HOST", `must be an address or a host name to listen on, not "${given}".`);
}

function keyOf({ text, fault }: Reader, name: string): string | undefined {
  const given = text(name);
  if (given === undefined || /^[\x21-\x7e]{1,256}$/.test(given)) return given;
  return fault(name, "must be 1 to 256 visible ASCII characters without spaces.");
}

function publicUrlOf({ text, fault }: Reader): string | undefined {
  const name = "HOLDFAST_PUBLIC_URL";
  const given = text(name);
  if (given === undefined) return undefined;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return fault(name, "must be an http or https URL, like https://holdfast.example.com.");
  }
  if (url.username || url.password || url.search || url.hash) {
    return fault(name, "must not hold a user, a query or a fragment.");
  }
  return url.href.replace(/\/+$/, "");
}

function seedRoutesOf({ text, fault }: Reader): SeedRoutes | undefined {
  const given = text("HOLDFAST_SEED_ROUTES");
  if (given === undefined || given === "open" || given === "keyed" || given === "off") return given;
  return fault("HOLDFAST_SEED_ROUTES", 'must be "open", "keyed" or "off".');
}

function devOf({ text, fault }: Reader): boolean | undefined {
  const given = text("HOLDFAST_DEV");
  if (given === undefined || given === "0" || given === "1") return given === "1";
  return fault("HOLDFAST_DEV", `must be 0 or 1, not "${given}".`);
}
