import { defineConfig } from "vitest/config";

/** What the tiers on a real Docker Engine share: one engine and two cores, so one file after the other. */
const onDocker = {
  fileParallelism: false,
  // What a busy machine does to containers is not what these tests are about; a failure that repeats is.
  retry: 2,
  hookTimeout: 180_000,
};

/** The tiers, cheapest first, one after the other. `npm test` runs them all; `npx vitest run --project unit` one. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/support/**/*.test.ts"],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "api",
          include: ["test/api/**/*.test.ts"],
          globalSetup: ["test/api/setup.ts"],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          testTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          globalSetup: ["test/support/docker-setup.ts"],
          testTimeout: 120_000,
          sequence: { groupOrder: 3 },
          ...onDocker,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/docker-setup.ts", "test/e2e/setup.ts"],
          testTimeout: 180_000,
          sequence: { groupOrder: 4 },
          ...onDocker,
        },
      },
    ],
  },
});
