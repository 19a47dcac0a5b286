import { instantText } from "../../kernel/duration.ts";
import { type ArtifactRecord, artifactOf, findArtifact } from "../../store/artifact-rows.ts";
import { rows } from "../../store/rows.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import type { EngineDeps } from "../deps.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import { noRun } from "../run-refusals.ts";
import type { Caller, Listing, Paging } from "../views.ts";

export type ArtifactView = Readonly<{
  id: string;
  runId: string;
  contentType: string;
  bytes: number;
  createdAt: string;
}>;

/** Large values, for whoever finds a reference to one in an answer. */
export interface ArtifactReader {
  get(caller: Caller, id: string): Promise<Result<ArtifactView>>;
  content(caller: Caller, id: string): Promise<Result<ArtifactView & { content: Uint8Array }>>;
  ofRun(caller: Caller, runId: string, paging: Paging): Promise<Result<Listing<ArtifactView>>>;
}

export function artifactReader(
  deps: Pick<EngineDeps, "table" | "artifacts" | "log">,
): ArtifactReader {
  const { table, artifacts } = deps;
  return {
    async get({ tenant }, id) {
      const record = await findArtifact(table, tenant, id);
      return record ? ok(viewOf(record)) : noArtifact(id);
    },

    async content({ tenant }, id) {
      const record = await findArtifact(table, tenant, id);
      const content = record && (await artifacts.bytes(tenant, record.owner, id));
      return record && content ? ok({ ...viewOf(record), content }) : noArtifact(id);
    },

    async ofRun({ tenant }, runId, { limit, cursor }) {
      const after = readCursor("artifacts", cursor);
      if (after === false) return refuse("INVALID_REQUEST", "the cursor is not one of this list");
      const { run } = await deps.log.load({ tenant, runId });
      if (run.seq === 0) return noRun(runId);
      const { listPk: pk } = rows.artifactsOf(tenant, runId);
      const from = after === undefined ? {} : { after };
      const page = await table.query({ pk, index: "list", reverse: true, limit, ...from });
      const last = page.more ? page.items.at(-1)?.listSk : undefined;
      const data = page.items.map((row) => viewOf(artifactOf(row)));
      return ok({ data, nextCursor: cursorOf("artifacts", last ?? null) });
    },
  };
}

function viewOf({ id, owner, contentType, bytes, createdAt }: ArtifactRecord): ArtifactView {
  return { id, runId: owner, contentType, bytes, createdAt: instantText(createdAt) };
}

function noArtifact(id: string) {
  return refuse("NOT_FOUND", `there is no artifact ${id}`);
}
