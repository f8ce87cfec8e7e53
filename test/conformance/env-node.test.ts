/** The contract of the outside world over the real one. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, test } from 'vitest';
import { nodeEnv } from '../../src/env/node/index.ts';
import { envContract } from '../../src/testing/env-contract.ts';

const cases = envContract(async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'adastra-env-'));
  const cleanup = (): void => fs.rmSync(directory, { recursive: true });
  return { env: nodeEnv(), directory, cleanup };
});

describe('env/node', () => {
  for (const { name, run } of cases) test(name, run);
});
