import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView, TaskView } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Asked, ask } from "../support/ask.ts";
import {
  advance,
  eventsOf,
  expectRefused,
  linkOf,
  publish,
  reaches,
  read,
  start,
  taskOf,
  typesOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ADA = "ada@example.com";
const BOB = "bob@example.com";
const BROWSER = {
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  accept: "text/html,application/xhtml+xml",
  "sec-fetch-site": "none",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};
const PREFETCH = { ...BROWSER, "sec-purpose": "prefetch;prerender", purpose: "prefetch" };
const SCANNER = { "user-agent": "SafeLinks/1.0", accept: "*/*" };

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const approval = { id: "ok", type: "approval", preview: { amount: 12 } };
  await publish(server.api, { name: "one", nodes: [{ ...approval, approvers: [ADA] }] });
  await publish(server.api, {
    name: "due",
    nodes: [
      { ...approval, approvers: [ADA], due: "PT1H" },
      { id: "late", type: "set", with: 1 },
    ],
    edges: [{ from: "ok", to: "late", on: "timeout" }],
  });
  await publish(server.api, { name: "either", nodes: [{ ...approval, approvers: [ADA, BOB] }] });
  await publish(server.api, {
    name: "both",
    nodes: [{ ...approval, approvers: [ADA, BOB], quorum: 2 }],
  });
});

afterAll(() => server.close());

type Asking = Readonly<{ run: RunView; task: TaskView; link: string; nonce: string }>;

async function asking(workflow = "one", to = ADA): Promise<Asking> {
  const run = await start(server.api, workflow);
  const task = await taskOf(server.api, run.id);
  const link = await linkOf(server.api, task.id, to);
  return { run, task, link, nonce: nonceIn((await ask("GET", link, { headers: BROWSER })).text) };
}

function nonceIn(page: string): string {
  return /name="nonce" value="([^"]+)"/.exec(page)?.[1] ?? "";
}

function decide(link: string, body: JsonObject, headers: Record<string, string> = {}) {
  return ask("POST", link, {
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

function decideByForm(link: string, fields: Record<string, string>) {
  const headers = { ...BROWSER, "sec-fetch-site": "same-origin", origin: "null" };
  return ask("POST", link, {
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
}

function receipt(answer: Asked) {
  const { task } = answer.json() as unknown as { task: TaskView };
  return { id: task.id, status: task.status, decisions: task.decisions };
}

/** Two answers that nobody can tell apart, but for what is new in every answer. */
function shown({ status, headers, text }: Asked) {
  const { date: _date, "x-request-id": _id, ...rest } = headers;
  return { status, headers: rest, text };
}

describe("reading a signed link", () => {
  test("a hundred times, in every way, before and after its page was opened, changes nothing", async () => {
    const run = await start(server.api, "one");
    const task = await taskOf(server.api, run.id);
    const link = await linkOf(server.api, task.id, ADA);
    const before = await read(server.api, run.id);
    const readings = (["GET", "HEAD", "OPTIONS"] as const).flatMap((method) =>
      [BROWSER, PREFETCH, SCANNER, {}].map((headers) => ({ method, headers })),
    );
    const all = Array.from({ length: 100 }, (_, index) => readings[index % readings.length]);

    for (const round of ["before", "after"]) {
      const answers = await Promise.all(
        all.map((one) => ask(one?.method ?? "GET", link, { headers: { ...one?.headers } })),
      );
      expect(
        answers.filter(({ status }) => status >= 300),
        round,
      ).toEqual([]);
      const page = await ask("GET", link, { headers: BROWSER });
      expect(nonceIn(page.text), round).not.toBe("");
    }

    expect(await read(server.api, run.id)).toEqual(before);
    expect(await taskOf(server.api, run.id)).toEqual(task);
    const { nonce } = { nonce: nonceIn((await ask("GET", link, { headers: BROWSER })).text) };
    expect((await decide(link, { decision: "approved", nonce })).status).toBe(200);
  });

  test("shows a page that loads nothing, runs nothing and tells nobody", async () => {
    const { link, task } = await asking();
    const page = await ask("GET", link, { headers: BROWSER });

    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-robots-tag": "noindex, nofollow",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    const csp = page.headers["content-security-policy"] ?? "";
    expect(csp).toContain("default-src 'none'");
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp).toContain("form-action 'self'");
    expect(page.text).not.toMatch(/<script|onload=|http-equiv="refresh"|https?:\/\//i);
    expect(page.text).toContain(task.digest);
    expect(page.text).not.toContain(tokenIn(link));
    expect(page.headers["set-cookie"]).toBeUndefined();
  });

  test("with PUT, PATCH, DELETE or decisions in the query decides nothing", async () => {
    const { link, run, nonce } = await asking();
    const query = `?decision=approved&nonce=${encodeURIComponent(nonce)}&action=approve`;

    for (const method of ["PUT", "PATCH", "DELETE"]) {
      expect((await ask(method, link, { body: "decision=approved" })).status).toBe(405);
    }
    await ask("GET", link + query, { headers: BROWSER });
    await ask("HEAD", link + query);

    expect((await read(server.api, run.id)).seq).toBe(run.seq);
  });
});

describe("deciding by a signed link", () => {
  test("fifty times at once, alike, is one decision and fifty equal receipts", async () => {
    const { link, run, nonce } = await asking();
    const body = { decision: "approved", comment: "fine", nonce };

    const answers = await Promise.all(Array.from({ length: 50 }, () => decide(link, body)));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => JSON.stringify(receipt(answer)))).size).toBe(1);
    const done = await reaches(server.api, run.id, "succeeded");
    expect(done.output).toMatchObject({ decision: "approved", decidedBy: ADA, comment: "fine" });
    const types = await typesOf(server.api, run.id);
    expect(types.filter((type) => type === "task.decided")).toHaveLength(1);
    const decided = (await eventsOf(server.api, run.id)).find(
      ({ type }) => type === "task.decided",
    );
    expect(decided?.actor).toEqual({ kind: "person", id: ADA });
    expect(decided?.data).toMatchObject({ decidedBy: ADA, via: "email", decision: "approved" });
  });

  test("fifty times at once, in conflict, is one decision; the others learn who and when", async () => {
    const { link, run, nonce } = await asking();

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        decide(link, { decision: index % 2 === 0 ? "approved" : "rejected", nonce }),
      ),
    );

    const task = await taskOf(server.api, run.id);
    expect(task.status).toBe("done");
    expect(task.decisions).toHaveLength(1);
    const [{ decision, by, at } = { decision: "", by: "", at: "" }] = task.decisions;
    for (const [index, answer] of answers.entries()) {
      const same = (index % 2 === 0 ? "approved" : "rejected") === decision;
      expect(answer.status).toBe(same ? 200 : 409);
    }
    for (const lost of answers.filter(({ status }) => status === 409)) {
      expect(lost.json()).toMatchObject({ code: "TASK_DECIDED", decision, decidedBy: by, at });
    }
    const types = await typesOf(server.api, run.id);
    expect(types.filter((type) => type === "task.decided")).toHaveLength(1);
  });

  test("as the page's form does it shows the receipt, and the same again the same receipt", async () => {
    const { link, task, nonce } = await asking();
    const fields = { decision: "approved", comment: "", nonce, digest: task.digest };

    const first = await decideByForm(link, fields);
    const again = await decideByForm(link, fields);
    const seen = await ask("GET", link, { headers: BROWSER });
    const other = await decideByForm(link, { ...fields, decision: "rejected" });

    expect(first.status).toBe(200);
    expect(first.text).toContain("The decision is recorded.");
    expect(shown(again)).toEqual(shown(first));
    expect(seen.text).toBe(first.text);
    expect(other.status).toBe(409);
    expect(other.headers["content-type"]).toContain("text/html");
    expect(other.text).toContain("Already decided");
    expect(other.text).toContain(ADA);
  });

  test("without its nonce, or with another link's, is refused, but a conflict is told first", async () => {
    const { link, run, nonce } = await asking();
    const other = await asking();

    for (const wrong of [{}, { nonce: "" }, { nonce: "x" }, { nonce: other.nonce }]) {
      const answer = await decide(link, { decision: "approved", ...wrong });
      expect(answer.status).toBe(403);
      expect(answer.json()["code"]).toBe("NONCE_INVALID");
    }
    expect((await read(server.api, run.id)).seq).toBe(run.seq);

    await decide(link, { decision: "approved", nonce });
    const conflict = await decide(link, { decision: "rejected", nonce: "x" });
    expect(conflict.status).toBe(409);
    expect(conflict.json()["code"]).toBe("TASK_DECIDED");
    expect((await decide(link, { decision: "approved" })).status).toBe(200);
  });

  test("from another site is refused, whatever it brings", async () => {
    const { link, run, nonce } = await asking();
    const body = { decision: "approved", nonce };

    const evil: readonly Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    ];
    for (const headers of evil) {
      const answer = await decide(link, body, headers);
      expect(answer.status, JSON.stringify(headers)).toBe(403);
      expect(answer.json()["code"]).toBe("CROSS_SITE");
    }
    expect((await read(server.api, run.id)).seq).toBe(run.seq);
  });

  test("with an option that is none, fields that are none or another digest decides nothing", async () => {
    const { link, run, nonce } = await asking();

    for (const [body, status] of [
      [{ decision: "maybe", nonce }, 400],
      [{ decision: "approved", nonce, as: BOB }, 400],
      [{ nonce }, 400],
      [{ decision: "approved", nonce, digest: "0".repeat(64) }, 409],
    ] as const) {
      expect((await decide(link, body)).status, JSON.stringify(body)).toBe(status);
    }
    expect((await read(server.api, run.id)).seq).toBe(run.seq);
  });

  test("is each approver's own: both must decide where the quorum is two", async () => {
    const ada = await asking("both", ADA);
    const adasLink = ada.link;
    const bobsLink = await linkOf(server.api, ada.task.id, BOB);
    const bobsNonce = nonceIn((await ask("GET", bobsLink, { headers: BROWSER })).text);

    const first = await decide(adasLink, { decision: "approved", nonce: ada.nonce });
    const again = await decide(adasLink, { decision: "approved", nonce: ada.nonce });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect((await read(server.api, ada.run.id)).status).toBe("waiting");
    const second = await decide(bobsLink, { decision: "approved", nonce: bobsNonce });

    expect(second.status).toBe(200);
    expect(receipt(second).decisions.map(({ by }) => by)).toEqual([ADA, BOB]);
    expect((await reaches(server.api, ada.run.id, "succeeded")).status).toBe("succeeded");
  });

  test("after the other approver has, tells who and when", async () => {
    const { run, task, link, nonce } = await asking("either", ADA);
    const bobsLink = await linkOf(server.api, task.id, BOB);
    await decide(link, { decision: "rejected", nonce });

    const late = await decide(bobsLink, { decision: "approved", nonce: "" });

    expect(late.status).toBe(409);
    expect(late.json()).toMatchObject({ decision: "rejected", decidedBy: ADA });
    const { status, error } = await read(server.api, run.id);
    expect({ status, code: error?.code }).toEqual({ status: "failed", code: "REJECTED" });
  });
});

describe("a dead link", () => {
  test("looks like one that never was, whether it expired, was cancelled or altered", async () => {
    const cancelled = await asking();
    await server.api.post(`/v1/runs/${cancelled.run.id}/cancel`);
    const expired = await asking("due");
    await advance(server.api, "PT1H");
    expect((await reaches(server.api, expired.run.id, "succeeded")).output).toBe(1);
    const live = await asking();
    const token = tokenIn(live.link);
    const flipped = `${token.slice(0, -2)}${token.at(-2) === "A" ? "B" : "A"}${token.at(-1)}`;
    const [claims = "", mac = ""] = token.split(".");
    const altered = Buffer.from(claims, "base64url").toString().replace(ADA, BOB);
    const never = [
      live.link.replace(token, flipped),
      live.link.replace(token, `${Buffer.from(altered).toString("base64url")}.${mac}`),
      live.link.replace(token, `${claims}.`),
      live.link.replace(token, "nothing"),
      `${live.link}x`,
      live.link.replace(token, "x".repeat(5_000)),
    ];

    const links = [cancelled.link, expired.link, ...never];
    for (const headers of [BROWSER, { accept: "application/json" }]) {
      const pages = await Promise.all(links.map((link) => ask("GET", link, { headers })));
      for (const page of pages) {
        expect(page.status).toBe(410);
      }
    }
    const pages = await Promise.all(links.map((link) => ask("GET", link, { headers: BROWSER })));
    for (const page of pages) expect(shown(page)).toEqual(shown(pages[0] ?? page));
    for (const link of links) {
      const decided = await decide(link, { decision: "approved", nonce: live.nonce });
      expect(decided.status, link).toBe(410);
      const nonsense = await ask("POST", link, { body: "{", headers: BROWSER });
      expect(nonsense.status, link).toBe(410);
    }
    expect((await read(server.api, live.run.id)).seq).toBe(live.run.seq);
  });

  test("of a task that is due says so to those who may read the task", async () => {
    const { run, task } = await asking("due");
    await advance(server.api, "PT1H");
    await reaches(server.api, run.id, "succeeded");

    const late = await server.api.post(`/v1/tasks/${task.id}/decide`, {
      decision: "approved",
      as: ADA,
    });
    expectRefused(late, 409, "TASK_CLOSED");
    expect((await taskOf(server.api, run.id)).status).toBe("expired");
  });
});

test("A link works as before after kill -9, and its decision is there after another", async () => {
  const { link, run, nonce } = await asking();

  await server.killAndStart();
  const decided = await decide(link, { decision: "approved", nonce });
  await server.killAndStart();

  expect(decided.status).toBe(200);
  expect((await reaches(server.api, run.id, "succeeded")).status).toBe("succeeded");
  const again = await decide(link, { decision: "approved", nonce });
  expect(receipt(again)).toEqual(receipt(decided));
});

test("No token or nonce is in an event, a log line, a problem or an answer of the API", async () => {
  const { link, run, nonce } = await asking();
  const token = tokenIn(link);
  const [, mac = ""] = token.split(".");
  const told: string[] = [];
  told.push((await decide(link, { decision: "approved", nonce: "wrong" })).text);
  told.push((await decide(link, { decision: "maybe", nonce })).text);
  told.push((await ask("PUT", link)).text);
  told.push((await ask("GET", `${link}/more`)).text);
  told.push((await ask("GET", `${link}?x=1`)).text.replaceAll(nonce, ""));
  await decide(link, { decision: "approved", nonce });
  told.push((await decide(link, { decision: "rejected", nonce })).text);
  told.push(JSON.stringify(await eventsOf(server.api, run.id)));
  told.push(JSON.stringify(await read(server.api, run.id)));
  told.push((await server.api.get("/v1/tasks")).text);
  told.push(server.output());

  for (const text of told) {
    expect(text).not.toContain(mac);
    expect(text).not.toContain(nonce);
  }
});

function tokenIn(link: string): string {
  return link.slice(link.lastIndexOf("/") + 1);
}
