import { describe, expect, test } from "vitest";
import type { AppDeps } from "../../adapters/http/app-deps.ts";
import { Fault } from "../../core/ports/fault.ts";
import { type Asked, door } from "./door.ts";
import { fakeEngine, taskOf } from "./fake-engine.ts";

const LIVE = "/approve/live";
const form = (fields: Record<string, string>, headers = {}): Asked => ({
  as: null,
  raw: new URLSearchParams(fields).toString(),
  headers: {
    "content-type": "application/x-www-form-urlencoded",
    host: "127.0.0.1:8787",
    ...headers,
  },
});
const yes = { decision: "approved", nonce: "n-1" };
const anyone: Asked = { as: null };

describe("the page behind a signed link", () => {
  test("shows what is asked, every field of it, and one form with a button per option", async () => {
    const { ask } = door();

    const page = await ask(`GET ${LIVE}`, anyone);
    const text = String(page.body);

    expect(page.status).toBe(200);
    for (const shown of [
      "Refund 12 €?",
      "The parcel was lost.",
      "ann@acme.example",
      "21 November 2026 at 09:30 UTC",
      "89abcdef",
      "d".repeat(64),
      '<dt dir="auto">order</dt>',
      "A-17",
      "&quot;sku&quot;: &quot;x&quot;",
    ]) {
      expect(text).toContain(shown);
    }
    expect(text.match(/<form /g)).toHaveLength(1);
    expect(text).toContain('<form method="post">');
    expect(text).toContain('<input type="hidden" name="nonce" value="n-1">');
    expect(text).toContain(
      '<button type="submit" name="decision" value="approved" class="yes">Approve',
    );
    expect(text).toContain(
      '<button type="submit" name="decision" value="rejected" class="no">Reject',
    );
    expect(text).toContain('<label for="comment">');
    expect(text).toContain('<html lang="en">');
    expect(text.match(/<main>/g)).toHaveLength(1);
    expect(text.match(/<h1/g)).toHaveLength(1);
    expect(text).not.toMatch(/<script|\son\w+=|javascript:|https?:\/\/|\slive\b/i);
  });

  test("is kept from caches, robots, frames, referrers and scripts", async () => {
    const { headers } = await door().ask(`GET ${LIVE}`, anyone);

    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-robots-tag": "noindex, nofollow",
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
    });
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'$/,
    );
  });

  test("has the style that its policy names, byte for byte", async () => {
    const page = await door().ask(`GET ${LIVE}`, anyone);
    const style = /<style>([\s\S]*)<\/style>/.exec(String(page.body))?.[1] ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));

    expect(page.headers["content-security-policy"]).toContain(
      Buffer.from(digest).toString("base64"),
    );
  });

  test("escapes whatever the workflow, the person or the link brings", async () => {
    const { ask, tasks } = door();
    const evil = `"><script>alert(1)</script><img src=x onerror='y'>\u0000`;
    const options = [{ id: evil, label: evil }];
    tasks.set(
      "task_1",
      taskOf({ title: evil, description: evil, preview: { [evil]: evil }, options, digest: evil }),
    );

    const text = String((await ask(`GET ${LIVE}`, anyone)).body);

    expect(text).not.toMatch(/<script|<img|\p{Cc}(?<!\n)/u);
    expect(text).toContain("&lt;script&gt;");
  });

  test.each([
    [null],
    [[]],
    [{}],
    ["plain text"],
    [42],
    [false],
    [[1, { a: 2 }]],
    [{ a: null, b: "" }],
  ])("shows a preview of any kind: %j", async (preview) => {
    const { ask, tasks } = door();
    tasks.set("task_1", taskOf({ preview, description: null, due: null, quorum: 3 }));

    const page = await ask(`GET ${LIVE}`, anyone);

    expect(page.status).toBe(200);
    expect(String(page.body)).toContain("3 must agree, 0 decided so far");
  });
});

describe("reading a link", () => {
  test("changes nothing, whoever reads it how often by whatever method", async () => {
    const { ask, calls } = door();
    const agents = ["curl/8", "Mozilla/5.0", "Barracuda", "bingbot", ""];

    for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]) {
      for (const agent of agents) {
        for (const query of ["", "?decision=approved&nonce=n-1", "?utm_source=mail"]) {
          await ask(`${method} ${LIVE}${query}`, { as: null, headers: { "user-agent": agent } });
        }
      }
    }

    expect(calls).toEqual([]);
    expect((await ask(`GET ${LIVE}`, anyone)).status).toBe(200);
  });

  test("answers HEAD without a body, OPTIONS with Allow, and others 405", async () => {
    const { ask } = door();

    expect(await ask(`HEAD ${LIVE}`, anyone)).toMatchObject({ status: 200, body: "" });
    const options = await ask(`OPTIONS ${LIVE}`, anyone);
    expect(options).toMatchObject({ status: 204, headers: { allow: "GET, HEAD, OPTIONS, POST" } });
    expect((await ask(`DELETE ${LIVE}`, anyone)).status).toBe(405);
  });

  test("is JSON for whoever accepts only that", async () => {
    const answer = await door().ask(`GET ${LIVE}`, {
      as: null,
      headers: { accept: "application/json" },
    });

    expect(answer.json).toMatchObject({ approver: "ann@acme.example", nonce: "n-1" });
    expect(answer.headers["x-robots-tag"]).toContain("noindex");
  });
});

describe("deciding by a link", () => {
  test("answers the form with the receipt, the same again with the same, another with 409", async () => {
    const { ask } = door();

    const first = await ask(
      `POST ${LIVE}`,
      form({ ...yes, comment: "fine\r\nby me", digest: "d" }),
    );
    const again = await ask(`POST ${LIVE}`, form(yes));
    const other = await ask(`POST ${LIVE}`, form({ ...yes, decision: "rejected" }));

    expect(first.status).toBe(200);
    for (const shown of [
      "The decision is recorded.",
      "Approve",
      "ann@acme.example",
      "fine\nby me",
    ]) {
      expect(first.body).toContain(shown);
    }
    expect(first.body).not.toContain("<form");
    expect(again.body).toBe(first.body);
    expect((await ask(`GET ${LIVE}`, anyone)).body).toBe(first.body);
    expect(other.status).toBe(409);
    expect(other.body).toContain("Already decided");
    expect(other.body).toContain("ann@acme.example");
    expect(other.body).toContain("21 November 2026 at 09:30 UTC");
  });

  test("answers JSON with JSON", async () => {
    const { ask } = door();

    const made = await ask(`POST ${LIVE}`, { as: null, body: { ...yes, edits: { amount: 10 } } });
    const other = await ask(`POST ${LIVE}`, { as: null, body: { decision: "rejected" } });

    expect(made).toMatchObject({ status: 200, json: { task: { decision: "approved" } } });
    expect(other.status).toBe(409);
    expect(other.json).toMatchObject({
      code: "TASK_DECIDED",
      decision: "approved",
      decidedBy: "ann@acme.example",
      instance: "/approve/{link}",
    });
  });

  test("needs the page's nonce", async () => {
    const { ask, calls } = door();

    for (const nonce of ["", "n-2", "n-1 ", "x".repeat(512)]) {
      const answer = await ask(`POST ${LIVE}`, form({ ...yes, nonce }));
      expect(answer.status).toBe(403);
      expect(answer.headers["content-type"]).toContain("text/html");
    }
    expect((await ask(`POST ${LIVE}`, { as: null, body: { decision: "approved" } })).status).toBe(
      403,
    );
    expect(calls).toEqual([]);
  });

  test.each([
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }],
    [{ "sec-fetch-site": "cross-site", origin: "http://127.0.0.1:8787" }],
    [{ "sec-fetch-site": "surprise" }],
    [{ origin: "https://evil.example" }],
    [{ origin: "https://127.0.0.1:8787.evil.example" }],
    [{ origin: "nonsense" }],
  ])("is refused from another site: %j", async (headers) => {
    const { ask, calls } = door();

    expect((await ask(`POST ${LIVE}`, form(yes, headers))).status).toBe(403);
    expect(calls).toEqual([]);
  });

  test.each([
    [{}],
    [{ "sec-fetch-site": "same-origin", origin: "null" }],
    [{ "sec-fetch-site": "none" }],
    [{ origin: "http://127.0.0.1:8787" }],
    [{ origin: "http://localhost:8787", host: "localhost:8787" }],
    [{ origin: "null" }],
  ])("is taken from the page itself: %j", async (headers) => {
    expect((await door().ask(`POST ${LIVE}`, form(yes, headers))).status).toBe(200);
  });

  test.each([
    ["decision twice", "decision=approved&decision=rejected&nonce=n-1", 400],
    ["no decision", "nonce=n-1", 400],
    ["an unknown field", "decision=approved&nonce=n-1&action=approve", 400],
    ["broken encoding", "decision=%zz&nonce=n-1", 400],
    [
      "a comment that is too long",
      `decision=approved&nonce=n-1&comment=${"x".repeat(10_001)}`,
      400,
    ],
    ["nothing", "", 400],
    ["prototype", "decision=approved&nonce=n-1&__proto__=x", 400],
  ])("is refused with a page for a form with %s", async (_, raw, status) => {
    const { ask, calls } = door();

    const answer = await ask(`POST ${LIVE}`, { ...form({}), raw });

    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toContain("text/html");
    expect(calls).toEqual([]);
  });

  test("is refused for other bodies: 413, 415, broken JSON", async () => {
    const { ask } = door();
    const huge = `decision=approved&comment=${"x".repeat(1024 * 1024)}`;

    expect((await ask(`POST ${LIVE}`, { ...form({}), raw: huge })).status).toBe(413);
    const text = { as: null, raw: "approved", headers: { "content-type": "text/plain" } };
    expect((await ask(`POST ${LIVE}`, text)).status).toBe(415);
    const json = { as: null, raw: "{", headers: { "content-type": "application/json" } };
    expect((await ask(`POST ${LIVE}`, json)).json["code"]).toBe("INVALID_JSON");
  });
});

describe("a link that is dead", () => {
  test("looks the same as one that never was, whatever is sent to it", async () => {
    const { ask } = door();
    const tokens = [
      "dead",
      "x",
      "%zz",
      "%00",
      "a%2Fb",
      "x".repeat(4000),
      "<script>",
      "..",
      "%F0%9F%98%80",
    ];

    const pages = new Set<unknown>();
    for (const token of tokens) {
      for (const sent of [form(yes), form({}), form({ decision: "rejected" })]) {
        const post = await ask(`POST /approve/${token}`, sent);
        expect(post.status).toBe(410);
        pages.add(post.body);
      }
      const get = await ask(`GET /approve/${token}`, anyone);
      expect(get.status).toBe(410);
      pages.add(get.body);
    }

    expect(pages.size).toBe(1);
    expect(String([...pages][0])).toContain("This link no longer works");
  });

  test("is a problem for programs", async () => {
    const answer = await door().ask("POST /approve/dead", { as: null, body: yes });

    expect(answer).toMatchObject({ status: 410, json: { code: "LINK_DEAD" } });
  });
});

describe("a link's token", () => {
  test("is in no log line, no answer and no error, whatever happens", async () => {
    const secret = "tok-3cret";
    const { engine } = fakeEngine();
    const failing: Partial<AppDeps> = {
      engine: {
        ...engine,
        links: {
          ...engine.links,
          view: async () => {
            throw new Fault("away", { retryable: true });
          },
        },
      },
    };
    for (const changes of [{}, failing]) {
      const { ask, log } = door(changes);
      const told: unknown[] = [log];
      for (const line of [
        `GET /approve/${secret}`,
        `POST /approve/${secret}`,
        `DELETE /approve/${secret}`,
        `GET /approve/${secret}/`,
        `GET /approve/${secret}/more`,
      ]) {
        for (const accept of ["text/html", "application/json"]) {
          const { status, headers, body } = await ask(line, { as: null, headers: { accept } });
          told.push({ status, headers, body });
        }
      }
      expect(JSON.stringify(told)).not.toContain(secret);
      expect(JSON.stringify(log)).toContain("/approve/{link}");
    }
  });
});

describe("a task of several", () => {
  test("shows those who have decided their receipt, and that others are still asked", async () => {
    const { ask, tasks } = door();
    const decisions = [
      {
        decision: "approved",
        by: "ann@acme.example",
        via: "email",
        at: "2026-11-21T09:30:00.000Z",
      },
    ] as const;
    tasks.set("task_1", taskOf({ quorum: 2, decisions }));

    const page = await ask(`GET ${LIVE}`, anyone);

    expect(page.body).toContain("Others are still asked: 2 must agree, 1 decided so far.");
    expect(page.body).not.toContain("<form");
  });

  test("that ended without a decision says so", async () => {
    const { ask, tasks } = door();
    tasks.set("task_1", taskOf({ status: "expired" }));

    expect((await ask(`GET ${LIVE}`, anyone)).body).toContain("This is closed.");
  });
});
