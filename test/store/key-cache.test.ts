import { expect, test } from "vitest";
import { keyCache } from "../../core/store/key-cache.ts";

const caller = { tenant: "acme", role: "viewer", keyId: "key_1", actsFor: false } as const;

test("callers are remembered for 30 s and not a moment longer", async () => {
  let now = 0;
  const cache = keyCache({ now: () => now });
  await cache.fill("hash", async () => caller);

  now = 29_999;
  expect(cache.get("hash")).toBe(caller);
  now = 30_000;
  expect(cache.get("hash")).toBeUndefined();
});

test("unknown keys are not remembered", async () => {
  const cache = keyCache({ now: () => 0 });
  expect(await cache.fill("hash", async () => undefined)).toBeUndefined();
  expect(cache.get("hash")).toBeUndefined();
});

test("at most ten thousand callers are remembered, and the oldest go first", async () => {
  const cache = keyCache({ now: () => 0 });
  for (let i = 0; i <= 10_000; i++) await cache.fill(`hash ${i}`, async () => caller);

  expect(cache.get("hash 0")).toBeUndefined();
  expect(cache.get("hash 1")).toBe(caller);
  expect(cache.get("hash 10000")).toBe(caller);
});
