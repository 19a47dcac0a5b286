import { createHash } from "node:crypto";
import type { Artifacts } from "../../core/ports/artifacts.ts";

/** Artifacts in memory, with the ids that every store gives them. */
export function memoryArtifacts(kept = new Map<string, string | Uint8Array>()): Artifacts {
  const nameOf = (tenant: string, owner: string, id: string) => `${tenant}/${owner}/${id}`;
  return {
    async put(tenant, owner, content) {
      const id = createHash("sha256").update(content).digest("hex").slice(0, 32);
      kept.set(nameOf(tenant, owner, id), content);
      return id;
    },
    async get(tenant, owner, id) {
      const content = kept.get(nameOf(tenant, owner, id));
      return content instanceof Uint8Array ? Buffer.from(content).toString("utf8") : content;
    },
    async bytes(tenant, owner, id) {
      const content = kept.get(nameOf(tenant, owner, id));
      return typeof content === "string" ? Buffer.from(content, "utf8") : content;
    },
    async remove(tenant, owner, ids) {
      for (const id of ids) kept.delete(nameOf(tenant, owner, id));
    },
  };
}
