import { expect, test } from "vitest";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { house } from "../support/house.ts";

test("A retry without a pause is made by the driver that failed, which is not taken for another", async () => {
  let calls = 0;
  const home = house({
    call({ input }) {
      calls++;
      if (calls < 3) throw new CallFailure("HTTP_503", "busy", { retryable: true });
      return input;
    },
  });
  const retry = { maxAttempts: 3, backoff: { initial: "PT0S", jitter: "none" } };
  const nodes = [{ id: "call", type: "tool", tool: "echo", with: 1, retry }];
  await home.publish({ name: "retried", nodes });

  const key = await home.start("retried");
  await home.drive(key);

  expect(await home.read(key)).toMatchObject({ status: "succeeded", output: 1 });
  expect(calls).toBe(3);
});
