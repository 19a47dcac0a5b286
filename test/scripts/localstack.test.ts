import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scenario } from "../../scripts/stack/scenario.ts";
import { startNode } from "../../scripts/support/proc.ts";
import { ROOT } from "../architecture/source.ts";
import { startServer, type TestServer } from "../support/server.ts";

describe("npm run localstack", () => {
  test("says exactly what is missing, and ends well", async () => {
    const env = { LOCALSTACK_AUTH_TOKEN: undefined, AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    const script = startNode(`${ROOT}/scripts/localstack.ts`, [], { env });

    const { code } = await script.exited;

    expect(code).toBe(0);
    expect(script.output()).toContain("- LOCALSTACK_AUTH_TOKEN is not set");
    expect(script.output()).toContain("- no LocalStack answers at http://127.0.0.1:9");
  });
});

describe("the scenario that a deployment has to pass", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  test("is passed by the same product on a laptop", async () => {
    const said: string[] = [];

    await scenario({
      url: server.url,
      platformKey: server.keys.platform,
      say: (line) => void said.push(line),
    });

    expect(said.at(-1)).toMatch(/^its \d+ events have no gap, and its log verifies$/);
  });

  test("fails where the key is not the platform's", async () => {
    const wrong = { url: server.url, platformKey: "hf_wrong", say: () => undefined };

    await expect(scenario(wrong)).rejects.toThrow("POST /v1/tenants answered 401");
  });
});
