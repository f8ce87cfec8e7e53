import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'vitest/config';

const long = process.env['ADASTRA_LONG'] === '1';

/** The package by its own name is its source here; the built one is tested by test/package and test/docs. */
function source(path: string): string {
  return fileURLToPath(new URL(`./src/${path}`, import.meta.url));
}

const config: ViteUserConfig = {
  resolve: {
    alias: [
      { find: /^adastra-db\/http$/, replacement: source('http/index.ts') },
      { find: /^adastra-db\/testing$/, replacement: source('testing/index.ts') },
      { find: /^adastra-db$/, replacement: source('client/index.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: long ? 1_200_000 : 30_000,
    hookTimeout: long ? 120_000 : 30_000,
    maxWorkers: 2,
  },
};

export default config;
