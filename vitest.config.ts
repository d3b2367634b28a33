import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['testing/build-console.ts'],
    // A snapshot that is missing fails like one that differs; -u writes both, to be read before they are committed.
    update: 'none',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Native engines use every core themselves, so more than two files at once only slows all of them.
    pool: 'forks',
    maxWorkers: 2,
  },
});
