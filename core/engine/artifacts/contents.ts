import { DEPTH_MAX, referencesIn, withContents } from "../../kernel/artifact.ts";
import type { Artifacts as Made } from "../../kernel/decision.ts";
import type { Json } from "../../kernel/json.ts";
import type { Content } from "../../kernel/large-values.ts";
import { bytesOf, SIZES } from "../../kernel/sizes.ts";
import type { Artifacts } from "../../ports/artifacts.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RunKey } from "../../ports/queue.ts";
import type { Operation, Table } from "../../ports/table.ts";
import { artifactRow, findArtifact, JSON_TYPE } from "../../store/artifact-rows.ts";
import { valueIn } from "./value-in.ts";

/** Large values of runs, between the store and whoever looks into them. */
export type Contents = Readonly<{
  /** An artifact as a value: of the run, or without one, of anybody in the tenant. */
  read(of: Of, id: string): Promise<Content>;
  /** The value with all that it refers to; undefined when that is more than `bytesMax` together. */
  whole(of: Of, value: Json, bytesMax?: number): Promise<Json | undefined>;
  /** Keeps what a decision made. The rows go with the commit that refers to it. */
  keep(key: RunKey, made: Made | undefined): Promise<readonly Operation[]>;
  /** What comes from outside may refer to artifacts of the tenant: the run has them from now on. */
  adopt(key: RunKey, from: unknown): Promise<void>;
}>;

type Of = Readonly<{ tenant: string; runId?: string }>;

/** Contents that are remembered, in bytes: an instance of a function has half a gigabyte. */
const REMEMBERED_BYTES_MAX = 16 * 1024 * 1024;

export function contentsOf(deps: { table: Table; artifacts: Artifacts; clock: Clock }): Contents {
  const { table, artifacts, clock } = deps;
  const known = remembered();

  async function read({ tenant, runId }: Of, id: string): Promise<Content> {
    const name = `${tenant}/${runId ?? ""}/${id}`;
    const hit = known.get(name);
    if (hit) return hit;
    const record = await findArtifact(table, tenant, id, runId);
    if (!record || record.bytes > SIZES.valueMax) return "none";
    const text = await artifacts.get(tenant, record.owner, id);
    const value = text === undefined ? undefined : valueIn(text, record.contentType);
    if (value === undefined) return "none";
    const content = { value, bytes: record.bytes };
    known.put(name, content);
    return content;
  }

  /** The contents that a value refers to, and those that these refer to. */
  async function openedIn(of: Of, value: Json, bytesMax: number) {
    const contents = new Map<string, Known>();
    let bytes = 0;
    let found = referencesIn(value);
    for (let depth = 0; depth < DEPTH_MAX && found.size > 0; depth++) {
      const next = new Set<string>();
      for (const id of found) {
        const content = contents.has(id) ? "none" : await read(of, id);
        if (content === "none") continue;
        bytes += content.bytes;
        if (bytes > bytesMax) return undefined;
        contents.set(id, content);
        referencesIn(content.value, next);
      }
      found = next;
    }
    return contents;
  }

  /** Copied and not shared: an artifact dies with its run. */
  async function take({ tenant, runId }: RunKey, id: string): Promise<void> {
    if (await findArtifact(table, tenant, id, runId)) return;
    const record = await findArtifact(table, tenant, id);
    const content = record && (await artifacts.bytes(tenant, record.owner, id));
    if (!record || !content) return;
    await artifacts.put(tenant, runId, content);
    const item = artifactRow({ ...record, owner: runId, createdAt: clock.now() });
    await table.write([{ type: "put", item }]);
  }

  return {
    read,

    async whole(of, value, bytesMax = SIZES.openMax) {
      const contents = await openedIn(of, value, bytesMax);
      let bytes = 0;
      // One that is referred to many times counts as often.
      const filled = withContents(value, (id) => {
        const content = contents?.get(id);
        bytes += content?.bytes ?? 0;
        return bytes > bytesMax ? undefined : content?.value;
      });
      return contents && bytes <= bytesMax ? filled : undefined;
    },

    async keep({ tenant, runId }, made = new Map()) {
      const kept: Operation[] = [];
      for (const [id, { content, value }] of made) {
        await artifacts.put(tenant, runId, content);
        const bytes = bytesOf(content);
        known.put(`${tenant}/${runId}/${id}`, { value, bytes });
        const record = { tenant, id, owner: runId, contentType: JSON_TYPE, bytes, tags: {} };
        kept.push({ type: "put", item: artifactRow({ ...record, createdAt: clock.now() }) });
      }
      return kept;
    },

    async adopt(key, from) {
      for (const id of referencesIn(from)) await take(key, id);
    },
  };
}

type Known = Exclude<Content, "none">;

/** The contents that were asked for last. */
function remembered() {
  const contents = new Map<string, Known>();
  let bytes = 0;
  return {
    get(name: string): Known | undefined {
      const hit = contents.get(name);
      if (!hit) return undefined;
      contents.delete(name);
      contents.set(name, hit);
      return hit;
    },
    put(name: string, content: Known): void {
      if (contents.has(name)) return;
      contents.set(name, content);
      bytes += content.bytes;
      for (const [oldest, { bytes: freed }] of contents) {
        if (bytes <= REMEMBERED_BYTES_MAX || oldest === name) break;
        contents.delete(oldest);
        bytes -= freed;
      }
    },
  };
}
