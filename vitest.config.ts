import { defineConfig } from "vitest/config";

/** The tiers, cheapest first. `npm test` runs them all; `npx vitest run --project unit` one. */
export default defineConfig({
  test: {
    reporters: process.env["CI"] ? ["default"] : ["default"],
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/support/**/*.test.ts"], testTimeout: 20_000 } },
      { test: { name: "api", include: ["test/api/**/*.test.ts"], testTimeout: 30_000 } },
      { test: { name: "cluster", include: ["test/cluster/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          globalSetup: ["test/support/docker-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/docker-setup.ts", "test/e2e/setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // One Docker Engine and two cores: side by side they would only wait for each other.
          fileParallelism: false,
        },
      },
    ],
  },
});
