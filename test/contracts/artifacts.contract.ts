import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Artifacts } from "../../core/ports/artifacts.ts";

export type OpenArtifacts = Readonly<{ artifacts: Artifacts; close?: () => void | Promise<void> }>;

/** The promises of the artifacts port. */
export function artifactsContract(
  name: string,
  open: () => OpenArtifacts | Promise<OpenArtifacts>,
): void {
  describe(`${name} keeps the artifacts' promises`, () => {
    let opened: OpenArtifacts | undefined;
    const tenant = `ten_${crypto.randomUUID()}`;

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close?.();
    });

    function artifacts(): Artifacts {
      if (!opened) throw new Error("the artifacts are not open");
      return opened.artifacts;
    }

    test("an artifact is there as soon as it has an id", async () => {
      const id = await artifacts().put(tenant, "run_1", '{"a":1}');

      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(await artifacts().get(tenant, "run_1", id)).toBe('{"a":1}');
    });

    test("an artifact that nobody wrote is not there", async () => {
      expect(await artifacts().get(tenant, "run_1", "0".repeat(32))).toBeUndefined();
      expect(await artifacts().get(tenant, "run_1", "../../etc/passwd")).toBeUndefined();
    });

    test("the same content has the same id, also when it is put many times at once", async () => {
      const ids = await Promise.all(
        Array.from({ length: 20 }, () => artifacts().put(tenant, "run_2", "same")),
      );
      const other = await artifacts().put(tenant, "run_2", "other");

      expect(new Set(ids).size).toBe(1);
      expect(ids).not.toContain(other);
      expect(await artifacts().get(tenant, "run_2", other)).toBe("other");
    });

    test("an artifact belongs to its run and its tenant", async () => {
      const id = await artifacts().put(tenant, "run_3", "mine");

      expect(await artifacts().get(tenant, "run_4", id)).toBeUndefined();
      expect(await artifacts().get(`${tenant}x`, "run_3", id)).toBeUndefined();
    });

    const contents: Readonly<Record<string, string>> = {
      nothing: "",
      emoji: "👩‍👩‍👧‍👦 \u{10ffff}",
      "a zero character": "before\u0000after",
      "JSON with an escaped lone surrogate": JSON.stringify("\ud800"),
      "10 MB": "0123456789".repeat(1024 * 1024),
    };

    for (const [what, content] of Object.entries(contents)) {
      test(`keeps ${what} as it is`, async () => {
        const id = await artifacts().put(tenant, "run_5", content);

        const read = await artifacts().get(tenant, "run_5", id);
        // Not toBe on the texts: its report of a difference would print them.
        expect(read === content).toBe(true);
      });
    }

    test("keeps bytes as they are, and text as its bytes", async () => {
      const bytes = Uint8Array.from([0, 255, 128, 10, 13]);
      const id = await artifacts().put(tenant, "run_7", bytes);
      const text = await artifacts().put(tenant, "run_7", "héllo");

      expect([...((await artifacts().bytes(tenant, "run_7", id)) ?? [])]).toEqual([...bytes]);
      const read = await artifacts().bytes(tenant, "run_7", text);
      expect(Buffer.from(read ?? []).toString("utf8")).toBe("héllo");
      expect(await artifacts().bytes(tenant, "run_7", "0".repeat(32))).toBeUndefined();
    });

    test("has one id for the same content as bytes and as text", async () => {
      const asText = await artifacts().put(tenant, "run_8", "same");
      const asBytes = await artifacts().put(tenant, "run_8", Buffer.from("same", "utf8"));

      expect(asBytes).toBe(asText);
      expect(await artifacts().get(tenant, "run_8", asText)).toBe("same");
    });

    test("removes what it is told to, and nothing of another owner", async () => {
      const id = await artifacts().put(tenant, "run_9", "gone");
      const other = await artifacts().put(tenant, "run_9", "stays");
      await artifacts().put(tenant, "run_10", "gone");

      await artifacts().remove(tenant, "run_9", [id, "0".repeat(32)]);

      expect(await artifacts().get(tenant, "run_9", id)).toBeUndefined();
      expect(await artifacts().get(tenant, "run_9", other)).toBe("stays");
      expect(await artifacts().get(tenant, "run_10", id)).toBe("gone");
      await artifacts().remove(tenant, "run_9", [id]);
    });

    test("refuses a lone surrogate, which no storage keeps", async () => {
      await expect(artifacts().put(tenant, "run_6", "a\ud800")).rejects.toMatchObject({
        name: "Fault",
        retryable: false,
      });
    });
  });
}
