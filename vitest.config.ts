import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/{model,dashboard}/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          // thousands of generated cases take their time on a machine that does something else, too
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'server',
          include: ['packages/server/test/**/*.test.ts'],
          globalSetup: ['packages/server/test/global-setup.ts'],
          pool: 'forks',
          maxWorkers: 2,
          // tests wait for what they want; this ends only what never comes, also on a machine that does something else
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        // the product itself, in a Chromium: `scripts/test/chromium.ts` finds one
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          globalSetup: ['e2e/support/global-setup.ts'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
