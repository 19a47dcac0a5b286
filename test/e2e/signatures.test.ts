import { generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import { type Jwk, type Signed, verifyHead } from "../../examples/verify-head.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { runFile } from "../support/run-file.ts";
import {
  begin,
  ended,
  eventually,
  publish,
  reaches,
  read,
  registerTool,
  start,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

type Shown = Signed & Readonly<{ valid: boolean; at: string; count: number }>;
type Verified = Readonly<{
  ok: boolean;
  count: number;
  head: string;
  signature: Shown | null;
  anchored: boolean;
  errors: readonly { seq: number; type: string }[];
}>;

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "charge");
  await publish(server.api, {
    name: "pay",
    nodes: [{ id: "charge", type: "tool", tool: "charge", with: { amount: "{% $input %}" } }],
    output: "{% $input %}",
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

async function verified(id: string): Promise<Verified> {
  return succeeded(await server.api.get(`/v1/runs/${id}/ledger/verify`)) as unknown as Verified;
}

/** The ledger once its signature covers so many events. */
function signed(id: string, count: number) {
  return eventually(`run ${id} is signed at ${count}`, async () => {
    const found = await verified(id);
    const { signature } = found;
    return signature?.count === count ? { ...found, signature } : undefined;
  });
}

async function keys(): Promise<readonly Jwk[]> {
  const answer = await server.as(undefined).get("/.well-known/jwks.json");
  return succeeded(answer)["keys"] as unknown as readonly Jwk[];
}

async function paid(): Promise<RunView> {
  const run = await start(server.api, "pay", 1234);
  expect(run.status).toBe("succeeded");
  await signed(run.id, run.seq);
  return run;
}

const rowsOf = (run: RunView) => runFile(server.databaseFile, `default#run#${run.id}`);

describe("the head of a run", () => {
  test("is signed when the run has ended, and is checked with the public key alone", async () => {
    const run = await start(server.api, "pay", 7);

    const { ok, count, head, signature, anchored, errors } = await signed(run.id, run.seq);
    expect({ ok, count, anchored, errors }).toEqual({
      ok: true,
      count: run.seq,
      anchored: false,
      errors: [],
    });
    expect(signature.valid).toBe(true);
    const proven = verifyHead(await keys(), signature);
    const at = Date.parse(signature.at);
    expect(proven).toEqual({ v: 1, tenant: "default", run: run.id, count, head, at });
    expect(at).toBeGreaterThanOrEqual(Date.parse(run.endedAt ?? ""));
    const other = { ...signature, text: signature.text.replace(run.id, "run_other") };
    expect(() => verifyHead([], signature)).toThrow("none of the keys");
    await expect(async () => verifyHead(await keys(), other)).rejects.toThrow(
      "not what was signed",
    );
  });

  test("is not signed while the run goes on", async () => {
    const nodes = [{ id: "wait", type: "wait", event: { name: "go" } }];
    await publish(server.api, { name: "waits", nodes });
    const run = await start(server.api, "waits");

    expect(await verified(run.id)).toMatchObject({ ok: true, signature: null, errors: [] });
    await server.api.post(`/v1/runs/${run.id}/cancel`);
    const { seq } = await reaches(server.api, run.id, "cancelled");
    expect((await signed(run.id, seq)).signature.valid).toBe(true);
  });

  test("is signed again when a failed run went on and ended", async () => {
    tools.on("/charge", () => ({ status: 422 }));
    const failed = await start(server.api, "pay", 9);
    expect(failed.status).toBe("failed");
    const before = await signed(failed.id, failed.seq);
    tools.on("/charge", () => ({}));

    succeeded(await server.api.post(`/v1/runs/${failed.id}/retry`));
    const run = await reaches(server.api, failed.id, "succeeded");

    const after = await signed(run.id, run.seq);
    expect(run.seq).toBeGreaterThan(failed.seq);
    expect(after).toMatchObject({ ok: true, errors: [], signature: { valid: true } });
    expect(verifyHead(await keys(), before.signature).head).toBe(before.head);
  });
});

describe("a run that was signed and then changed in the database", () => {
  test("is found: its last commit altered, its tail cut, its history written anew", async () => {
    const [altered, cut, forged] = [await paid(), await paid(), await paid()];
    await server.stop();

    const [last] = rowsOf(altered).rows("log#").slice(-1);
    if (!last) throw new Error("there is no last commit");
    const { hash } = last.attributes;
    const attributes = { ...last.attributes, hash: `${String(hash).slice(0, -2)}AA` };
    rowsOf(altered).keep({ ...last, attributes });
    const [newest, end] = rowsOf(cut).rows("log#").slice(-2);
    rowsOf(cut).remove(end?.sk ?? "");
    const shown = rowsOf(cut).row("head");
    const { at: updatedAt } = newest?.attributes ?? {};
    rowsOf(cut).keep({ ...shown, attributes: { ...shown.attributes, updatedAt } });
    rowsOf(forged).forge(forged.id, (content) => content.replaceAll("1234", "9999"));
    await server.start();

    const mismatch = { seq: forged.seq, type: "signature_mismatch" };
    const changed = await verified(altered.id);
    expect(changed.errors.map(({ type }) => type)).toEqual([
      "record_hash_mismatch",
      "signature_mismatch",
    ]);
    for (const run of [cut, forged]) {
      const { ok, signature, errors } = await verified(run.id);
      expect({ ok, errors }).toEqual({ ok: false, errors: [mismatch] });
      expect(signature).toMatchObject({ valid: false, count: run.seq });
    }
  });

  test("is found when the signature was changed as well, by whoever has not the key", async () => {
    const [other, borrowed, resigned, broken] = [
      await paid(),
      await paid(),
      await paid(),
      await paid(),
    ];
    await server.stop();

    const mine = generateKeyPairSync("ed25519");
    const row = rowsOf(borrowed).row("signature");
    const { value } = rowsOf(other).row("signature").attributes;
    rowsOf(borrowed).keep({ ...row, attributes: { ...row.attributes, value } });
    const own = rowsOf(resigned).row("signature");
    const ownValue = sign(null, Buffer.from("mine"), mine.privateKey).toString("base64url");
    const ownKey = { ...own.attributes, keyId: "mine", value: ownValue };
    rowsOf(resigned).keep({ ...own, attributes: ownKey });
    const last = rowsOf(broken).row("signature");
    rowsOf(broken).keep({ ...last, attributes: { ...last.attributes, at: "late" } });
    await server.start();

    const errorOf = async ({ id }: RunView) => {
      const { ok, signature, errors } = await verified(id);
      expect(ok).toBe(false);
      expect(signature?.valid ?? false).toBe(false);
      return errors.map(({ type }) => type);
    };
    expect(await errorOf(borrowed)).toEqual(["signature_invalid"]);
    expect(await errorOf(resigned)).toEqual(["signature_key_unknown"]);
    expect(await errorOf(broken)).toEqual(["signature_invalid"]);
    expect((await verified(other.id)).ok).toBe(true);
  });
});

describe("kill -9", () => {
  test("right after runs ended leaves none without its signature", async () => {
    const runs = await Promise.all(Array.from({ length: 12 }, () => begin(server.api, "pay", 5)));
    await eventually("some have ended", async () => {
      const states = await Promise.all(runs.map(({ id }) => read(server.api, id)));
      return states.some(({ endedAt }) => endedAt !== null) ? true : undefined;
    });

    await server.killAndStart();

    for (const { id } of runs) {
      const run = await ended(server.api, id);
      expect((await signed(id, run.seq)).ok).toBe(true);
    }
  });

  test("between the end of a run and its signature leaves it to the next start", async () => {
    const feed = runFile(server.databaseFile, "platform#feed");
    const position = feed.row("webhooks");
    const run = await paid();
    await server.kill();

    // The file as it is when the process dies just before: a position is kept behind what is done.
    rowsOf(run).remove("signature");
    feed.keep(position);
    await server.start();

    expect(await signed(run.id, run.seq)).toMatchObject({ ok: true, signature: { valid: true } });
  });

  test("takes no key: what was signed before a restart is valid after it", async () => {
    const run = await paid();
    const before = await verified(run.id);

    await server.killAndStart();

    expect(await verified(run.id)).toEqual(before);
  });
});
