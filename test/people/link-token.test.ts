import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isNonceOf,
  type LinkClaims,
  linkUrl,
  makeLink,
  nonceOf,
  readLink,
} from "../../core/engine/people/link-token.ts";
import { localSigner } from "../../local/local-signer.ts";

const NOW = Date.UTC(2026, 0, 1);
const signer = localSigner(randomBytes(32));
const claims: LinkClaims = {
  tenant: "ten_0198c9b2-1111-7222-8333-444455556666",
  runId: "run_0198c9b2-1111-7222-8333-444455556666",
  task: "task_0198c9b2-1111-7222-8333-444455556666",
  approver: "ada@example.com",
  expires: NOW + 1000,
  version: 1,
};

describe("a link", () => {
  test("says for whom and for which task it is, until it expires", async () => {
    const token = await makeLink(signer, claims);

    expect(await readLink(signer, token, NOW)).toEqual(claims);
    expect(await readLink(signer, token, NOW + 999)).toEqual(claims);
    expect(await readLink(signer, token, NOW + 1000)).toBeUndefined();
  });

  test("fits into a path and into a line of a mail as it is", async () => {
    const token = await makeLink(signer, claims);

    expect(token).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/);
    expect(token.length).toBeLessThan(400);
    expect(linkUrl("http://127.0.0.1:8787/", token)).toBe(`http://127.0.0.1:8787/approve/${token}`);
  });

  test("is the same however often it is made", async () => {
    expect(await makeLink(signer, claims)).toBe(await makeLink(signer, claims));
  });

  test("carries whatever claims it was made with", async () => {
    const value = fc.string({ unit: "grapheme", maxLength: 40 });
    const anyClaims = fc.record({
      tenant: value,
      runId: value,
      task: value,
      approver: value,
      expires: fc.integer({ min: NOW + 1, max: NOW * 2 }),
      version: fc.nat(),
    });

    await fc.assert(
      fc.asyncProperty(anyClaims, async (made) => {
        expect(await readLink(signer, await makeLink(signer, made), NOW)).toEqual(made);
      }),
    );
  });

  test("is dead when any one of its characters is changed", async () => {
    const token = await makeLink(signer, claims);
    for (let i = 0; i < token.length; i++) {
      for (const other of ["A", "B", "."]) {
        if (token[i] === other) continue;
        const altered = token.slice(0, i) + other + token.slice(i + 1);
        expect(await readLink(signer, altered, NOW)).toBeUndefined();
      }
    }
  });

  test("of another key is dead", async () => {
    const token = await makeLink(localSigner(randomBytes(32)), claims);
    expect(await readLink(signer, token, NOW)).toBeUndefined();
  });

  test("that is no link is dead", async () => {
    const token = await makeLink(signer, claims);
    const [encoded, mac] = token.split(".");
    const attempts = [
      "",
      ".",
      "a.b",
      `${encoded}`,
      `.${mac}`,
      `${encoded}.`,
      `${token}.`,
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      `${encoded}.${mac}.${mac}`,
      `${token}${"a".repeat(3000)}`,
      "x".repeat(1_000_000),
      "\ud800.\ud800",
      "../../v1/runs",
      "__proto__",
    ];
    for (const attempt of attempts) {
      expect(await readLink(signer, attempt, NOW)).toBeUndefined();
    }
  });

  test("cannot be forged from a text that was signed for something else", async () => {
    const encoded = Buffer.from(JSON.stringify([1, "t", "r", "k", "a", NOW * 2, 1])).toString(
      "base64url",
    );
    for (const text of [encoded, `nonce:${encoded}`]) {
      const forged = `${encoded}.${await signer.mac(text)}`;
      expect(await readLink(signer, forged, NOW)).toBeUndefined();
    }
  });

  test("with other claims than ours is dead, even when it was signed", async () => {
    for (const values of [
      null,
      {},
      [1],
      [2, "t", "r", "k", "a", NOW * 2, 1],
      [1, "t", "r", "k", "a", `${NOW * 2}`, 1],
      [1, "t", "r", "k", {}, NOW * 2, 1],
      [1, "t", "r", "k", "a", NOW * 2, 1, "more"],
    ]) {
      const encoded = Buffer.from(JSON.stringify(values)).toString("base64url");
      const token = `${encoded}.${await signer.mac(`link:${encoded}`)}`;
      expect(await readLink(signer, token, NOW)).toBeUndefined();
    }
  });

  test("that would be too long for an address is never made", async () => {
    const approver = `${"a".repeat(2000)}@example.com`;
    await expect(makeLink(signer, { ...claims, approver })).rejects.toThrow("characters");
  });
});

describe("the nonce of a link", () => {
  test("is that of this link and of no other", async () => {
    const token = await makeLink(signer, claims);
    const other = await makeLink(signer, { ...claims, approver: "bob@example.com" });
    const nonce = await nonceOf(signer, token);

    expect(await isNonceOf(signer, token, nonce)).toBe(true);
    expect(await isNonceOf(signer, other, nonce)).toBe(false);
  });

  test("is the same each time the page is shown", async () => {
    const token = await makeLink(signer, claims);
    expect(await nonceOf(signer, token)).toBe(await nonceOf(signer, token));
  });

  test("is not in the link, nor is anything else taken for it", async () => {
    const token = await makeLink(signer, claims);
    const nonce = await nonceOf(signer, token);
    const [, mac = ""] = token.split(".");

    expect(token).not.toContain(nonce);
    for (const attempt of ["", mac, token, `${nonce}=`, nonce.toLowerCase(), "x".repeat(100_000)]) {
      expect(await isNonceOf(signer, token, attempt)).toBe(false);
    }
  });
});
