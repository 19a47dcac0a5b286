import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserPath, openBrowser } from "../support/browser.ts";
import { ended, linkOf, publish, read, start, taskOf, typesOf } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ADA = "ada@example.com";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

if (browserPath === undefined) {
  process.stderr.write("pages.test.ts is skipped: no Chromium is installed (see .ci/run)\n");
}

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  if (browserPath === undefined) return;
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  await publish(server.api, {
    name: "pay",
    nodes: [
      {
        id: "ok",
        type: "approval",
        title: "Pay <b>Ada</b> & Bob?",
        description: "A line.\nAnother, with https://example.com in it.",
        preview: { amount: 1200, to: ["Ada", "Bob"], note: "<script>alert(1)</script>" },
        approvers: [ADA],
        due: "P2D",
      },
      { id: "paid", type: "set", with: "paid" },
      { id: "not", type: "set", with: "not paid" },
    ],
    edges: [
      { from: "ok", to: "paid" },
      { from: "ok", to: "not", on: "rejected" },
    ],
  });
  await publish(server.api, {
    name: "order",
    nodes: [
      {
        id: "fill",
        type: "form",
        title: "Where shall it go?",
        preview: { order: "A-17" },
        schema: {
          type: "object",
          properties: {
            street: { type: "string", maxLength: 80, minLength: 3, title: "Street" },
            amount: {
              type: "integer",
              minimum: 1,
              title: "How many",
              description: "At least one.",
            },
            gift: { type: "boolean", title: "Is it a gift?" },
            size: { enum: ["small", "large"], title: "Size" },
            extras: { type: "array", items: { enum: ["card", "ribbon"] }, title: "Extras" },
            note: { type: "string", title: "Note" },
          },
          required: ["street", "amount", "gift"],
        },
        assignees: [ADA],
        due: "P2D",
      },
    ],
  });
  const question = { id: "ask", type: "ask", prompt: "Which colour?", choices: ["red", "blue"] };
  await publish(server.api, { name: "ask", nodes: [{ ...question, assignees: ADA }] });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function asked(workflow = "pay"): Promise<{ runId: string; link: string }> {
  const run = await start(server.api, workflow);
  const task = await taskOf(server.api, run.id);
  return { runId: run.id, link: await linkOf(server.api, task.id, ADA) };
}

async function open(url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, complaints };
}

/** Serious and critical findings of axe, in the light and in the dark. */
async function findings(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(AXE);
    const ids = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string }[] }> };
      };
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id }) => id);
    });
    found.push(...ids.map((id) => `${colorScheme}: ${id}`));
  }
  return found;
}

describe.skipIf(browserPath === undefined)("the page of a signed link, in a browser", () => {
  test("decides when its button is pressed, and shows the receipt", async () => {
    const { runId, link } = await asked();
    const { page, complaints } = await open(link);

    await page.getByRole("textbox").fill("Looks right to me.");
    await page.getByRole("button", { name: "Approve" }).click();

    expect(await page.getByRole("main").innerText()).toContain(ADA);
    expect((await ended(server.api, runId)).output).toBe("paid");
    const { steps } = await read(server.api, runId);
    expect(steps[0]?.output).toMatchObject({ decidedBy: ADA, comment: "Looks right to me." });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("works by keyboard alone, and without script", async () => {
    const { runId, link } = await asked();
    const { page } = await open(link, { javaScriptEnabled: false });

    const reject = page.getByRole("button", { name: "Reject" });
    await reject.focus();
    await page.keyboard.press("Enter");
    await page.waitForLoadState();

    expect((await ended(server.api, runId)).output).toBe("not paid");
    await page.context().close();
  });

  test("shows what is asked as text, whatever is in it", async () => {
    const { link } = await asked();
    const { page } = await open(link);

    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Pay <b>Ada</b> & Bob?");
    expect(await page.locator("main").innerText()).toContain("<script>alert(1)</script>");
    expect(await page.locator("script").count()).toBe(0);
    await page.context().close();
  });

  test("is left undecided by a gateway that loads it, hovers, and clicks what is no button", async () => {
    const { runId, link } = await asked();
    const { page } = await open(link);

    const others = page.locator("a, summary, label, h1, h2, p, dt, dd, li, pre, textarea, header");
    for (const element of await others.all()) {
      await element.hover({ force: true, timeout: 2_000 });
      await element.click({ force: true, timeout: 2_000, noWaitAfter: true });
    }
    await page.reload();

    expect(page.url()).toBe(link);
    expect(await typesOf(server.api, runId)).not.toContain("task.decided");
    await page.context().close();
  });

  test("of a form shows what is wrong beside each field, and takes what is right, without script", async () => {
    const { runId, link } = await asked("order");
    const { page } = await open(link, { javaScriptEnabled: false });
    await page.getByLabel("Street").fill("x");
    await page.getByLabel("Note").fill("Ring twice");
    await page.getByRole("button", { name: "Send" }).click();

    const street = page.getByLabel("Street");
    expect(await street.getAttribute("aria-invalid")).toBe("true");
    expect(await street.inputValue()).toBe("x");
    expect(await page.getByRole("alert").getByRole("link").allInnerTexts()).toEqual([
      "Street",
      "How many",
      "Is it a gift?",
    ]);
    expect((await read(server.api, runId)).status).toBe("waiting");
    await street.fill("Main Street 1");
    await page.getByLabel("How many").fill("2");
    await page.getByLabel("Yes").check();
    await page.getByLabel("Size").selectOption("large");
    await page.getByLabel("ribbon").check();
    await page.getByRole("button", { name: "Send" }).click();

    expect(await page.getByRole("main").innerText()).toContain("The answer is recorded.");
    const run = await ended(server.api, runId);
    expect(run.output).toEqual({
      street: "Main Street 1",
      amount: 2,
      gift: true,
      size: "large",
      extras: ["ribbon"],
      note: "Ring twice",
    });
    expect((await taskOf(server.api, runId)).decisions).toMatchObject([{ by: ADA, via: "email" }]);
    await page.reload();
    await page.context().close();
  });

  test("of a question offers its choices, and opening it a hundred times answers nothing", async () => {
    const { runId, link } = await asked("ask");
    await Promise.all(Array.from({ length: 100 }, () => fetch(link)));
    expect((await read(server.api, runId)).status).toBe("waiting");
    const { page, complaints } = await open(link);

    await page.getByLabel("Which colour?").selectOption("blue");
    await page.getByRole("button", { name: "Send" }).click();

    expect((await ended(server.api, runId)).output).toEqual({ response: "blue" });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("and every other page has no serious finding of axe", async () => {
    const { link } = await asked();
    const base = new URL(link).origin;
    const dead = `${link.slice(0, -3)}AAA`;
    const all: string[] = [];

    const form = (await asked("order")).link;
    const { link: question } = await asked("ask");

    for (const url of [
      link,
      form,
      question,
      dead,
      `${base}/docs`,
      `${base}/docs/errors`,
      `${base}/mail`,
    ]) {
      const { page } = await open(url, { bypassCSP: true });
      for (const finding of await findings(page)) all.push(`${new URL(url).pathname}: ${finding}`);
      await page.context().close();
    }

    const { page } = await open(form, { bypassCSP: true });
    await page.getByRole("button", { name: "Send" }).click();
    all.push(...(await findings(page)));
    await page.context().close();

    expect(all).toEqual([]);
  });
});
