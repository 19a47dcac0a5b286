import { defineConfig } from "vitest/config";

/** What needs no network, no Java and no account. DynamoDB has its own configuration. */
export default defineConfig({
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/dynamo*.test.ts", "test/wire/scenario/**", "**/node_modules/**"],
    // Each file gets a process of its own: tests start servers, listen to signals and may crash.
    pool: "forks",
    maxWorkers: "100%",
    // Bounds for what hangs, and no measure of speed: a busy machine may take its time.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // A failing test is shown in full: `toEqual([])` on a list of violations is the whole message.
    chaiConfig: { truncateThreshold: 0 },
  },
});
