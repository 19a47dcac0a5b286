import { defineConfig } from "vitest/config";

/** The deployed shape on emulators; `npm run test:wire` starts what they need. */
export default defineConfig({
  test: {
    include: ["test/wire/scenario/*.test.ts"],
    pool: "forks",
    // Each file starts a process for every function; more of them at once only wait for each other.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
