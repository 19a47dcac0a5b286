import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRefundDesk, type RefundDesk } from "../../examples/refund-desk.ts";

let desk: RefundDesk;
beforeAll(async () => {
  desk = await openRefundDesk();
});
afterAll(() => desk.close());

describe("refund-desk.ts", () => {
  const refund = { order: "A-1", item: "cup", amount: 5 };

  function ask(at: RefundDesk, headers: Record<string, string>, body: string, method = "POST") {
    const given = method === "POST" ? { body } : {};
    return fetch(`${at.url}/refunds`, { method, headers, ...given });
  }

  test.each([
    ["without a key", {}, JSON.stringify(refund), 400],
    ["that is no JSON", { "idempotency-key": "k1" }, "{", 422],
    ["of nothing", { "idempotency-key": "k2" }, JSON.stringify({ ...refund, amount: 0 }), 422],
    ["of text", { "idempotency-key": "k3" }, JSON.stringify({ ...refund, amount: "5" }), 422],
  ])("pays nothing for a call %s", async (_, headers, body, status) => {
    const before = desk.payments().length;

    expect((await ask(desk, headers as Record<string, string>, body)).status).toBe(status);
    expect((await ask(desk, {}, "", "GET")).status).toBe(404);
    expect(desk.payments()).toHaveLength(before);
  });

  test("refuses a key that has paid something else", async () => {
    const key = { "idempotency-key": "k4" };
    const first = await ask(desk, key, JSON.stringify(refund));
    const same = await ask(desk, key, JSON.stringify(refund));
    const other = await ask(desk, key, JSON.stringify({ ...refund, amount: 6 }));

    expect([first.status, same.status, other.status]).toEqual([200, 200, 422]);
    expect(await same.json()).toEqual(await first.json());
  });

  test("asks who calls when it has a secret", async () => {
    const guarded = await openRefundDesk({ secret: "s3cret" });
    const key = { "idempotency-key": "k5" };
    const stranger = await ask(guarded, key, JSON.stringify(refund));
    const known = { ...key, authorization: "Bearer s3cret" };
    const friend = await ask(guarded, known, JSON.stringify(refund));
    await guarded.close();

    expect([stranger.status, friend.status]).toEqual([401, 200]);
  });
});
