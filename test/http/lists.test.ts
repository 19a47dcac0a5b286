import { describe, expect, test } from "vitest";
import { openCursor, sealCursor } from "../../adapters/http/cursor.ts";
import { door } from "./door.ts";

async function published(names: readonly string[]) {
  const made = door();
  for (const name of names) await made.ask("POST /v1/workflows", { body: { name } });
  return made;
}

describe("a list", () => {
  test("is paged by cursors that only their own list takes", async () => {
    const { ask } = await published(["a", "b", "c"]);

    const first = await ask("GET /v1/workflows?limit=2");
    const cursor = String(first.json["nextCursor"]);
    const second = await ask(`GET /v1/workflows?limit=2&cursor=${cursor}`);

    expect(first.json["data"]).toMatchObject([{ name: "a" }, { name: "b" }]);
    expect(second.json).toMatchObject({ data: [{ name: "c" }], nextCursor: null });
    const elsewhere = await ask(`GET /v1/runs?cursor=${cursor}`);
    expect(elsewhere).toMatchObject({ status: 400, json: { code: "INVALID_CURSOR" } });
  });

  test.each(["", "x", "AAAA", "null", "..", "%00", "%F0%9F%98%80", "a".repeat(5000), "-_-_", "0"])(
    "refuses a cursor that is none of its own: %j",
    async (cursor) => {
      const answer = await door().ask(`GET /v1/runs?cursor=${cursor}`);

      expect(answer.status).toBe(400);
    },
  );

  test("refuses a cursor of which one character was changed or cut", async () => {
    const sealed = sealCursor("listRuns", "2026#run_1");

    expect(openCursor("listRuns", sealed)).toBe("2026#run_1");
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed[at] === "A" ? "B" : "A";
      expect(openCursor("listRuns", sealed.slice(0, at) + other + sealed.slice(at + 1))).toBe(
        undefined,
      );
      expect(openCursor("listRuns", sealed.slice(0, at))).toBe(undefined);
    }
  });

  test.each([
    "0",
    "201",
    "-1",
    "1.5",
    "1e2",
    "0x10",
    "",
    "ten",
    "1,2",
    " 5",
    "99999999999999999999",
  ])("has a limit from 1 to 200, not %j", async (limit) => {
    const answer = await door().ask(`GET /v1/runs?limit=${limit}`);

    expect(answer.status).toBe(400);
    expect(answer.json["errors"]).toMatchObject([{ path: "limit" }]);
  });

  test("of runs hands every filter to the engine", async () => {
    const { ask, calls } = door();

    await ask(
      "GET /v1/runs?status=waiting,failed&status=queued&workflow=refund&tag=team%3Acare+a&waitingOn=approval" +
        "&parent=run_0&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00%2B01:00&limit=7",
    );

    expect(calls).toEqual([
      `list ${JSON.stringify({
        status: ["waiting", "failed", "queued"],
        workflow: "refund",
        tag: "team:care a",
        waitingOn: "approval",
        parent: "run_0",
        from: "2026-01-01T00:00:00Z",
        to: "2026-02-01T00:00:00+01:00",
      })} 7`,
    ]);
  });

  test.each([
    "statuss=waiting",
    "status=asleep",
    "status=",
    "waitingOn=godot",
    "from=yesterday",
    "from=2026-02-30T00:00:00Z",
    "workflow=a&workflow=b",
    "limit=1&limit=2",
    "__proto__=1",
    "constructor=1",
    "tag=a%00b",
    "tag=%zz",
    "tag=%C3",
    "tag=",
    "=1",
  ])("refuses a query it does not know: %s", async (query) => {
    const answer = await door().ask(`GET /v1/runs?${query}`);

    expect(answer.status).toBe(400);
    expect(answer.json["code"]).toBe("INVALID_REQUEST");
  });

  test("of events goes by seq, as `after` or as `cursor`", async () => {
    const { ask } = door();
    await ask("POST /v1/runs", { body: { workflow: "refund", id: "r" } });

    const first = await ask("GET /v1/runs/r/events");
    const second = await ask(`GET /v1/runs/r/events?cursor=${String(first.json["nextCursor"])}`);

    expect(first.json).toMatchObject({ data: [{ seq: 1 }], nextCursor: "1" });
    expect(second.json).toMatchObject({ data: [{ seq: 2 }] });
    expect((await ask("GET /v1/runs/r/events?after=1")).json).toEqual(second.json);
    expect((await ask("GET /v1/runs/r/events?after=1&cursor=2")).status).toBe(400);
    expect((await ask("GET /v1/runs/r/events?after=-1")).status).toBe(400);
  });

  test("of secrets has their names, sorted and paged, and never a value", async () => {
    const { ask } = door();
    for (const name of ["c", "a", "b"]) {
      const put = await ask(`PUT /v1/secrets/${name}`, { body: { value: "hidden" } });
      expect(put).toMatchObject({ status: 204, body: "" });
    }

    const first = await ask("GET /v1/secrets?limit=2");
    const second = await ask(`GET /v1/secrets?limit=2&cursor=${String(first.json["nextCursor"])}`);

    expect(first.json["data"]).toEqual([{ name: "a" }, { name: "b" }]);
    expect(second.json).toEqual({ data: [{ name: "c" }], nextCursor: null });
    expect((await ask("DELETE /v1/secrets/a")).status).toBe(204);
    expect((await ask("DELETE /v1/secrets/a")).status).toBe(404);
  });

  test("cuts the name of a parameter that is too long to repeat", async () => {
    const { json } = await door().ask(`GET /v1/version?${"x".repeat(10_000)}=1`);

    expect(json["errors"]).toMatchObject([{ path: `["${"x".repeat(128)}"]` }]);
  });

  test("takes no parameter where a route has none", async () => {
    const answer = await door().ask("GET /v1/tools/x?verbose=1");

    expect(answer).toMatchObject({
      status: 400,
      json: { errors: [{ path: "verbose", code: "UNKNOWN_FIELD" }] },
    });
  });
});
