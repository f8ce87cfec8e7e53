/**
 * What must hold of a directory whose process ended in any way: what was acknowledged is there,
 * what is there is a prefix of what was submitted, no transaction is there by half, the bytes
 * verify, and it can be written to again.
 */
import { expect } from 'vitest';
import { Client, verifyDirectory } from '../../src/client/index.ts';
import { acknowledged } from './node-child.ts';

/** Opens the directory behind `lines` of a child and checks; returns how many puts are there. */
export async function expectRecovered(
  dataDir: string,
  lines: readonly string[],
  what: string,
): Promise<number> {
  const client = await Client.open({ dataDir });
  try {
    const found = [...client.keys({ prefix: 'k/' })].map((key) => Number(key.slice(2)));
    expect(found, what).toEqual(Array.from(found, (_, index) => index));
    const acks = acknowledged(lines);
    const missing = acks.filter((index) => index >= found.length);
    expect(missing, `${what}: acknowledged and gone`).toEqual([]);
    const parts = client.count({ prefix: 't/' });
    expect([0, 3], what).toContain(parts);
    if (lines.includes('transacted')) expect(parts, what).toBe(3);
    await client.put('after', what);
    return found.length;
  } finally {
    await client.close();
    const { ok, problems } = await verifyDirectory(dataDir);
    expect({ ok, problems }, what).toEqual({ ok: true, problems: [] });
  }
}
