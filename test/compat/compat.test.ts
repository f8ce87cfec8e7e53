/**
 * Files of every format are opened by today's code: recovered with and without the checkpoint,
 * verified, read, written to.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client, replayVerify, verifyDirectory } from '../../src/client/index.ts';
import { EXPECTED } from './fixture.ts';
import { makeIfAsked } from './make.ts';

const fixtures = new URL('fixtures/', import.meta.url).pathname;
const formats = existsSync(fixtures) ? readdirSync(fixtures) : [];
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'adastra-compat-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
makeIfAsked();

it('has a fixture of the present format', () => expect(formats).toContain('v1'));

describe.each(formats)('a directory of format %s', (format) => {
  it.each(['with its checkpoint', 'from the log alone'])('opens %s', async (how) => {
    const expected: unknown = JSON.parse(
      readFileSync(join(fixtures, format, 'expected.json'), 'utf8'),
    );
    const dataDir = join(directory, 'node');
    cpSync(join(fixtures, format, 'data'), dataDir, { recursive: true });
    if (how !== 'with its checkpoint') rmSync(join(dataDir, 'checkpoints'), { recursive: true });
    const client = await Client.open({ dataDir });
    expect(client.recovery.checkpointSeq > 0).toBe(how === 'with its checkpoint');
    expect([...client.list()]).toEqual([...EXPECTED].sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(await client.hashes()).toEqual(expected);
    expect((await client.receiptOf('command-1'))?.replayed).toBe(true);
    const history: string[] = [];
    for await (const entry of client.history('text')) history.push(String(entry.value));
    expect(history).toEqual(['Grüße', 'taken back', 'Grüße']);
    await client.put('new', 1);
    await client.close();
    expect((await verifyDirectory(dataDir)).problems).toEqual([]);
    expect((await replayVerify(dataDir)).matches).toBe(true);
  });
});
