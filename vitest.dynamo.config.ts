import { defineConfig } from "vitest/config";

/** The table's contract against DynamoDB Local; `npm run test:dynamo` starts it. */
export default defineConfig({
  test: {
    include: ["test/**/dynamo*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
