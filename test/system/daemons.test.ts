/**
 * The strict single-writer half as its users run it, with the commands of README: `adastra serve`,
 * two `adastra read` (one beside it, one over the network), 64 clients that write and read, and
 * `kill -9` of each process in turn. In the end all three have the same state, nothing that was
 * acknowledged is missing, a retried command had its first answer, every answer was as fresh as it
 * said. Then the evidence of that very run, with one fault planted each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Prng } from '../../src/core/index.ts';
import type { CommitOperation, Operation, ReadOperation } from '../linearizability/history.ts';
import { runAdastra } from '../support/adastra-process.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { DaemonWorld, type Evidence, judge } from '../support/daemon-world.ts';
import { buildInventory } from '../support/inventory-module.ts';
import { figure, LONG, TIMEOUT_MS } from '../support/long.ts';
import { readRepository } from '../support/repository.ts';
import { rerun, seedOr } from '../support/seed.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS });

const SEED = seedOr(7_000);
const CLIENTS = 64;
const SECTION = 'A daemon and its readers';
/** How often each process is killed. */
const ROUNDS = figure({ short: 1, long: 4 });
/** How long they work between two kills. */
const DWELL_MS = figure({ short: 1_500, long: 4_000 });
/** Longer than news may be late without being a lie. */
const FROZEN_MS = 6_000;

let folder: string;
let inventory: ReturnType<typeof buildInventory>;
let world: DaemonWorld;
let evidence: Evidence;

/** Commands of README's section that begin so, without their ports, which may be taken. */
function commandsOf(section: string, begin: string): string[] {
  const text = readRepository().get('README.md') ?? '';
  const start = text.indexOf(`## ${section}\n`);
  const lines = text.slice(start, text.indexOf('\n## ', start)).split('\n');
  return lines
    .filter((line) => line.startsWith(`npx adastra-db ${begin}`))
    .map((line) => line.replace('npx adastra-db ', ''))
    .map((line) => line.replace(/ --(?:port|http) \d+/, '').replace(/ &$/, ''));
}

function daemon(name: string, line: string): DaemonProcess {
  const portFlag = line.startsWith('read') ? '--http' : '--port';
  return new DaemonProcess(name, { cwd: folder, argv: line.split(' '), portFlag });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-daemons-'));
  inventory = buildInventory();
  const [init = ''] = commandsOf(SECTION, 'init');
  const [serve = ''] = commandsOf(SECTION, 'serve');
  const [follow = '', copy = ''] = commandsOf(SECTION, 'read');
  expect((await runAdastra(folder, init.split(' '))).code).toBe(0);
  const writer = daemon('writer', `${serve} --operations ${inventory.file}`);
  const beside = daemon('beside', follow);
  world = new DaemonWorld([writer, beside]);
  await world.start(writer);
  await world.start(beside);
  const afar = daemon('afar', copy.replace(/http:\S+/, writer.place));
  world.add(afar);
  await world.start(afar);
  await world.work(CLIENTS, SEED);
  await killInTurn(new Prng(SEED));
  await world.end();
  evidence = await world.evidence();
});

afterAll(async () => {
  for (const one of world.daemons) await one.kill();
  inventory.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function killInTurn(prng: Prng): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of world.daemons) {
      await sleep(DWELL_MS);
      await one.kill();
      await sleep(prng.below(800));
      await world.start(one);
    }
    if (LONG) await freezeReaders();
  }
  await sleep(DWELL_MS);
}

/** A reader that stands still hears nothing meanwhile; its answers afterwards must say so. */
async function freezeReaders(): Promise<void> {
  const [, ...readers] = world.daemons;
  for (const one of readers) {
    one.signal('SIGSTOP');
    await sleep(FROZEN_MS);
    one.signal('SIGCONT');
  }
}

describe('a write daemon and two read daemons, each killed under load', () => {
  it('agree in the end, lost nothing, and were as fresh as they said', () => {
    expect(judge(evidence, 'writer').slice(0, 5), rerun(SEED, 'daemons')).toEqual([]);
  });

  it('were at work, and everybody was killed', () => {
    for (const { name, runs } of world.daemons) expect([name, runs]).toEqual([name, ROUNDS + 1]);
    const { operations, logs } = evidence;
    const readBy = (name: string): number =>
      operations.filter((one) => one.kind !== 'commit' && one.daemon === name).length;
    for (const { name } of world.daemons) expect(readBy(name)).toBeGreaterThan(50);
    const commits = operations.filter(
      (one) => one.kind === 'commit' && one.outcome.kind === 'committed',
    );
    expect(commits.length).toBeGreaterThan(100);
    expect(logs.get('writer')?.length).toBeGreaterThanOrEqual(commits.length);
    console.log(
      `daemons: ${operations.length} operations, ${commits.length} commits acknowledged, ` +
        `${ROUNDS * world.daemons.length} kills`,
    );
  });
});

describe('what must be found in the evidence', () => {
  const planted = (change: Partial<Evidence>): string =>
    judge({ ...evidence, ...change }, 'writer').join('\n');

  /** The last commit that was acknowledged. */
  const acknowledged = (): CommitOperation =>
    evidence.operations.findLast(
      (one): one is CommitOperation => one.kind === 'commit' && one.outcome.kind === 'committed',
    ) as CommitOperation;

  /** The operations with the last read of a reader replaced. */
  const withRead = (change: (read: ReadOperation) => Partial<ReadOperation>): Operation[] => {
    const at = evidence.operations.findLastIndex(
      (one) => one.kind === 'read' && one.daemon !== 'writer',
    );
    const read = evidence.operations[at] as ReadOperation;
    return evidence.operations.with(at, { ...read, ...change(read) }) as Operation[];
  };

  it('an acknowledged commit that is missing everywhere', () => {
    const { commandId } = acknowledged();
    const logs = new Map(
      [...evidence.logs].map(([name, log]) => [
        name,
        log.filter((one) => one.commandId !== commandId),
      ]),
    );
    expect(planted({ logs })).toMatch(`the acknowledged commit ${commandId}`);
  });

  it('one that a reader lacks', () => {
    const logs = new Map(evidence.logs);
    logs.set('afar', logs.get('afar')?.slice(0, -1) ?? []);
    expect(planted({ logs })).toMatch('the log of afar is not that of writer');
  });

  it('a reader with another state', () => {
    const states = new Map(evidence.states);
    const own = states.get('beside');
    if (own !== undefined) states.set('beside', { ...own, stateHash: '0'.repeat(64) });
    expect(planted({ states })).toMatch(/beside is at \d+ 0+, writer at/);
  });

  it('a reader that claims to be fresher than it shows', () => {
    const operations = withRead(() => ({ value: 'what never was' }));
    expect(planted({ operations })).toMatch(/read .* as "what never was": nowhere from/);
  });

  it('a reader that claims more of the log than there was', () => {
    const operations = withRead(({ claim }) => ({
      claim: { ...claim, logSeq: claim.logSeq + 1e6, lagCommits: claim.lagCommits + 1e6 },
    }));
    expect(planted({ operations })).toMatch(/claims log \d+; there was \d+ at most/);
  });

  it('a reader that claims no lag while news are missing', () => {
    const operations = withRead(({ claim }) => ({
      claim: { ...claim, seq: 2, logSeq: 2, lagCommits: 0, lagMs: 0 },
    }));
    expect(planted({ operations })).toMatch(/claims a lag of 0 ms at seq 2; \d+ ms of news/);
  });

  it('a command that was carried out twice', () => {
    const log = evidence.logs.get('writer') ?? [];
    const last = log.at(-1);
    const again = last === undefined ? [] : [...log, { ...last, seq: last.seq + 1 }];
    const logs = new Map([...evidence.logs.keys()].map((name) => [name, again]));
    expect(planted({ logs })).toMatch(/command .* is at \d+ and at \d+/);
  });
});
