import { beforeEach, describe, expect, test } from "vitest";
import type { HttpResponse } from "../../adapters/http/http.ts";
import type { Mail } from "../../core/ports/mailer.ts";
import { type DevRoutesDeps, devRoutes } from "../../local/dev-routes.ts";
import { localMailbox } from "../../local/local-mailbox.ts";
import { openVirtualClock } from "../../local/virtual-clock.ts";
import { memoryTable } from "../support/memory-table.ts";
import { json, openDoor } from "./open-door.ts";

const START = Date.UTC(2026, 0, 1);
const LINK = "http://127.0.0.1:8787/approve/abc.def";

let deps: DevRoutesDeps;
beforeEach(async () => {
  const table = memoryTable();
  const clock = await openVirtualClock(table, () => START);
  const mailbox = localMailbox({ table, clock });
  const advance = (ms: number) => clock.advance(ms);
  const stats = () => ({ drives: 3 });
  const metrics = () => "holdfast_runs_total 1\n";
  const publicUrl = "http://127.0.0.1:8787";
  deps = { mailbox, clock, advance, stats, metrics, allowed: true, publicUrl };
});

/** The routes behind a real server, before an app that knows nothing. */
function serve(changes: Partial<DevRoutesDeps> = {}) {
  const routes = devRoutes({ ...deps, ...changes });
  const nothing = (): Promise<HttpResponse> => Promise.resolve(json({}, 404));
  return openDoor((request) => routes(request) ?? nothing());
}

function aMail(changes: Partial<Mail> = {}): Mail {
  return {
    id: "mail_1",
    to: "ada@example.com",
    subject: "Decision needed",
    text: `Decide here:\n${LINK}`,
    html: `<!doctype html><html lang="en"><head><title>x</title></head><body><a href="${LINK}">Decide</a></body></html>`,
    links: [LINK],
    ...changes,
  };
}

describe("the mailbox", () => {
  test("shows each mail that was sent, newest first", async () => {
    const { url } = await serve();
    expect(await (await fetch(`${url}/dev/mail`)).json()).toEqual({ data: [] });
    await deps.mailbox.send(aMail());
    await deps.clock.advance(1000);
    await deps.mailbox.send(aMail({ id: "mail_2" }));

    expect(await (await fetch(`${url}/dev/mail`)).json()).toEqual({
      data: [
        { ...aMail({ id: "mail_2" }), at: "2026-01-01T00:00:01.000Z" },
        { ...aMail(), at: "2026-01-01T00:00:00.000Z" },
      ],
    });
  });

  test("holds a mail once, however often it is sent under its id", async () => {
    await deps.mailbox.send(aMail());
    await deps.mailbox.send(aMail({ subject: "again" }));
    const mails = await deps.mailbox.newest(10);
    expect(mails.map(({ subject }) => subject)).toEqual(["Decision needed"]);
  });

  test("keeps more mails than fit into one read", async () => {
    for (let i = 0; i < 450; i++) await deps.mailbox.send(aMail({ id: `mail_${i}` }));
    const ids = (await deps.mailbox.newest(10_000)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(450);
    expect(await deps.mailbox.newest(201)).toHaveLength(201);
  });
});

describe("the page of the mailbox", () => {
  test("has the links to click and the text to read", async () => {
    await deps.mailbox.send(aMail());
    const { url } = await serve();
    const page = await (await fetch(`${url}/mail`)).text();

    expect(page).toContain(
      `<a href="${LINK}" target="_blank" rel="noopener noreferrer">${LINK}</a>`,
    );
    expect(page).toContain(`<pre>Decide here:\n${LINK}</pre>`);
    expect(page).toContain('src="/mail/html?id=mail_1" sandbox="allow-popups ');
  });

  test("says so when there is nothing", async () => {
    const { url } = await serve();
    expect(await (await fetch(`${url}/mail`)).text()).toContain("There is no mail yet.");
  });

  test("runs no script, whatever is in a mail", async () => {
    const evil = `"><script>alert(1)</script>`;
    const links = ["javascript:alert(1)", `https://x/${evil}`, "data:text/html,x"];
    await deps.mailbox.send(aMail({ id: evil, to: evil, subject: evil, text: evil, links }));
    const { url } = await serve();
    const answer = await fetch(`${url}/mail`);
    const page = await answer.text();

    expect(page).not.toMatch(/<script|href="(?!\/|http)/);
    const policy = answer.headers.get("content-security-policy");
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
    expect(policy).not.toContain("script-src");
  });

  test("shows the HTML part by itself only where it can do nothing", async () => {
    await deps.mailbox.send(
      aMail({ id: "mail /1?", html: "<head><script>alert(1)</script></head>" }),
    );
    const { url } = await serve();
    const answer = await fetch(`${url}/mail/html?id=${encodeURIComponent("mail /1?")}`);

    const policy = answer.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("sandbox allow-popups");
    expect(policy).not.toMatch(/allow-scripts|allow-same-origin/);
    expect(await answer.text()).toBe(
      '<head><base target="_blank"><script>alert(1)</script></head>',
    );
  });

  test.each(["", "nobody", "x".repeat(5000), "%ED%A0%80"])("has no mail %#", async (id) => {
    const { url } = await serve();
    expect((await fetch(`${url}/mail/html?id=${id}`)).status).toBe(404);
  });
});

describe("the clock", () => {
  const advance = (url: string, body: string, headers = {}) =>
    fetch(`${url}/dev/clock`, { method: "POST", body, headers });

  test("shows the time, and is moved by a duration", async () => {
    const { url } = await serve();
    expect(await (await fetch(`${url}/dev/clock`)).json()).toEqual({
      now: "2026-01-01T00:00:00.000Z",
      offsetMs: 0,
    });
    const moved = await advance(url, '{"advance":"P1DT1H"}');

    expect(moved.status).toBe(200);
    expect(await moved.json()).toEqual({ now: "2026-01-02T01:00:00.000Z", offsetMs: 90_000_000 });
    expect(await (await fetch(`${url}/dev/clock`)).json()).toMatchObject({ offsetMs: 90_000_000 });
  });

  test("answers only when all that was due has begun", async () => {
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    const { url } = await serve({
      advance: async (ms) => {
        await gate;
        await deps.clock.advance(ms);
      },
    });
    const moving = advance(url, '{"advance":"PT1H"}');
    expect(await (await fetch(`${url}/dev/clock`)).json()).toMatchObject({ offsetMs: 0 });
    release();
    expect(await (await moving).json()).toMatchObject({ offsetMs: 3_600_000 });
  });

  test.each([
    ["", "INVALID_JSON"],
    ["{", "INVALID_JSON"],
    ["null", "INVALID_REQUEST"],
    ["[]", "INVALID_REQUEST"],
    ["{}", "INVALID_REQUEST"],
    ['{"advance":60}', "INVALID_REQUEST"],
    ['{"advance":"1 hour"}', "INVALID_REQUEST"],
    ['{"advance":"-PT1H"}', "INVALID_REQUEST"],
    ['{"advance":"PT1H","by":"me"}', "INVALID_REQUEST"],
    ['{"__proto__":{"advance":"PT1H"}}', "INVALID_REQUEST"],
  ])("is not moved by %s", async (body, code) => {
    const { url } = await serve();
    const answer = await advance(url, body);

    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ code, status: 400, instance: "/dev/clock" });
    expect(deps.clock.offsetMs()).toBe(0);
  });

  test("is not moved beyond a thousand years", async () => {
    const { url } = await serve();
    for (let i = 0; i < 9; i++) await deps.clock.advance(100 * 365.25 * 86_400_000);
    expect((await advance(url, '{"advance":"P99Y"}')).status).toBe(200);
    expect((await advance(url, '{"advance":"P99Y"}')).status).toBe(400);
  });

  test("is not moved by a body that is too large", async () => {
    const { url } = await serve();
    const answer = await advance(url, `{"advance":"PT1H"}${" ".repeat(2_000_000)}`);
    expect(await answer.json()).toMatchObject({ status: 413, code: "PAYLOAD_TOO_LARGE" });
  });

  test.each([
    { origin: "https://evil.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("is not moved by a page of another site: %j", async (headers) => {
    const { url } = await serve();
    const answer = await advance(url, '{"advance":"PT1H"}', headers);

    expect(await answer.json()).toMatchObject({ status: 403, code: "CROSS_SITE" });
    expect(deps.clock.offsetMs()).toBe(0);
  });

  test("is moved by a page of its own", async () => {
    const { url } = await serve();
    expect((await advance(url, '{"advance":"PT1H"}', { origin: url })).status).toBe(200);
  });
});

test("the figures are shown as they are, and only read", async () => {
  const { url } = await serve();

  expect(await (await fetch(`${url}/dev/stats`)).json()).toEqual({ drives: 3 });
  expect((await fetch(`${url}/dev/stats`, { method: "POST" })).status).toBe(405);
});

describe("the routes of a laptop", () => {
  test("are refused where other machines could ask", async () => {
    await deps.mailbox.send(aMail());
    const { url } = await serve({ allowed: false });
    for (const path of ["/dev/mail", "/mail", "/mail/html?id=mail_1", "/dev/clock", "/dev/stats"]) {
      const answer = await fetch(url + path);
      expect(await answer.json()).toMatchObject({ status: 403, code: "FORBIDDEN" });
    }
  });

  test("have the methods they say", async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/dev/clock`, { method: "DELETE" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
    expect((await fetch(`${url}/dev/mail`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${url}/mail`, { method: "HEAD" })).status).toBe(200);
  });

  test("leave all other paths to the app", async () => {
    const { url } = await serve();
    for (const path of ["/", "/dev", "/dev/", "/mail/", "/mailbox", "/v1/runs"]) {
      expect(await (await fetch(url + path)).json()).toEqual({});
    }
  });
});
