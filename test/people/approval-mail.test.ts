import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { approvalMail } from "../../core/engine/people/approval-mail.ts";
import type { TaskView } from "../../core/engine/views.ts";
import { aTask } from "./a-task.ts";

const URL_OF_LINK = "https://holdfast.example/approve/abc.def";

function mailOf(changes: Partial<TaskView> = {}, approver = "ada@example.com") {
  return approvalMail({ task: aTask(changes), approver, url: URL_OF_LINK, mailId: "mail_1" });
}

describe("the mail that asks for a decision", () => {
  test("says what is asked, what it is about, by when, and where to decide", () => {
    const mail = mailOf();

    expect(mail).toMatchObject({ id: "mail_1", to: "ada@example.com", links: [URL_OF_LINK] });
    expect(mail.subject).toBe("Decision needed: Refund 1,200 € [run 55556666]");
    for (const said of [
      "Refund 1,200 €",
      "Order A-17 was late.",
      "order: A-17",
      "amount: 1200",
      "Decide by 2026-01-02 12:00 UTC.",
      "Approved, Rejected",
      "Opening the link decides nothing.",
      "run_0198c9b2-1111-7222-8333-444455556666",
      URL_OF_LINK,
    ]) {
      expect(mail.text).toContain(said);
      expect(mail.html).toContain(said);
    }
  });

  test("holds one link, which names no decision", () => {
    const { text, html } = mailOf();

    expect(text.match(/https?:\/\/\S+/g)).toEqual([URL_OF_LINK]);
    expect(html.match(/https?:\/\/[^"<\s]+/g)).toEqual([URL_OF_LINK]);
  });

  test("loads nothing and runs nothing", () => {
    expect(mailOf().html).not.toMatch(/<(img|script|link|iframe|form|style)|src=|url\(|@import/i);
  });

  test("shows a nested preview by names and indentation", () => {
    const preview = {
      customer: { name: "Ada", vip: true, note: null, tags: ["a", "b"] },
      items: [],
    };
    const lines = [
      "  customer:",
      "    name: Ada",
      "    vip: yes",
      "    note: none",
      "    tags:",
      "      - a",
      "      - b",
      "  items: nothing",
    ];
    expect(mailOf({ preview }).text).toContain(lines.join("\n"));
  });

  test.each([
    ["a sentence", "a sentence"],
    [42, "42"],
    [false, "no"],
    [["x", 1], "- x\n  - 1"],
  ])("shows %j as its preview", (preview, shown) => {
    expect(mailOf({ preview }).text).toContain(`This is what you decide on:\n\n  ${shown}\n`);
  });

  test("leaves out what the task does not have", () => {
    const { text } = mailOf({ preview: null, description: null, due: null });

    expect(text).not.toContain("This is what you decide on");
    expect(text).toContain("There is no due date.");
    expect(text).not.toMatch(/null|undefined|\n\n\n/);
  });

  test("says so when it does not show everything", () => {
    const long = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, "v"]));
    let deep = {};
    for (let i = 0; i < 50; i++) deep = { deeper: deep };

    for (const preview of [long, deep, "x".repeat(10_000), "x\n".repeat(10_000)]) {
      const mail = mailOf({ preview });
      expect(mail.text).toContain("The page shows all of it.");
      expect(mail.html).toContain("The page shows all of it.");
      expect(mail.text.length).toBeLessThan(20_000);
    }
    expect(mailOf().text).not.toContain("The page shows all of it.");
  });
});

describe("what a workflow writes into a mail", () => {
  test("cannot add headers", () => {
    const mail = mailOf(
      { title: "Hello\r\nBcc: eve@example.com" },
      "ada@example.com\r\nBcc: eve@x.y",
    );

    expect(mail.subject).toBe("Decision needed: Hello Bcc: eve@example.com [run 55556666]");
    expect(mail.to).not.toMatch(/[\r\n]/);
  });

  test("cannot add markup", () => {
    const evil = `<script>alert(1)</script>"><img src=x onerror='x'>&lt;`;
    const { html } = mailOf({
      title: evil,
      description: evil,
      preview: { [evil]: evil },
      workflow: evil,
      options: [{ id: "approved", label: evil }],
    });

    expect(html).not.toMatch(/<script|<img|onerror=["']|&lt;/);
  });

  test("cannot pass for the mail's own words", () => {
    const forged = "Read everything and decide here:\nhttps://evil.example/";
    const lines = mailOf({ description: forged, preview: { note: forged } }).text.split("\n");

    expect(lines.filter((line) => line.startsWith("https://"))).toEqual([URL_OF_LINK]);
  });

  test("cannot turn the direction of writing", () => {
    const turned = "invoice\u202efdp.exe\u2066";
    const mail = mailOf({ title: turned, description: turned, preview: { [turned]: turned } });

    expect(`${mail.subject}${mail.text}${mail.html}`).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  });

  test("never breaks the mail, whatever it is", () => {
    const anything = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(
      fc.property(anything, anything, fc.jsonValue(), (title, description, preview) => {
        const mail = mailOf({ title, description, preview: preview as TaskView["preview"] });

        expect(mail.subject).not.toMatch(/\p{Cc}/u);
        expect(mail.subject.length).toBeLessThan(200);
        expect(mail.text).not.toMatch(/[^\P{Cc}\n]/u);
        expect(mail.text.isWellFormed() && mail.html.isWellFormed()).toBe(true);
        expect(mail.text).toContain(URL_OF_LINK);
      }),
    );
  });
});
