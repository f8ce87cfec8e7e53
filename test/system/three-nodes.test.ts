/**
 * Three processes over real TLS, found by discovery on loopback multicast, paired by invitation,
 * each writing while links and processes fail; then everything that was acknowledged is asked for.
 *
 * Real are the processes, their kills (SIGKILL) and pauses, disks, TCP, TLS, multicast. What stands
 * in for a cable is a proxy in this process that every TCP connection between the nodes goes
 * through (test/support/cable.ts); it resets, stalls both ways or one. Datagrams of discovery pass
 * at all times. `npm run test:long` does it for two minutes with 10,000 operations each;
 * ADASTRA_CHAOS_SEED chooses another course of cuts, kills and operations.
 */
import { expect, onTestFailed, onTestFinished, test, vi } from 'vitest';
import { type Judgement, judge, type NodeEvidence } from '../support/chaos-evidence.ts';
import type { Acknowledged } from '../support/chaos-node.ts';
import { pairAll } from '../support/chaos-pairing.ts';
import { ChaosWorld } from '../support/chaos-world.ts';
import { testFolder } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { freeUdpPort, needsPath } from '../support/multicast.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const NAMES = ['shop', 'van', 'depot'] as const;
const OPERATIONS = figure({ short: 90, long: 10_000 });
/** Behind these each writes so many without any link. */
const APART = figure({ short: 10, long: 500 });
const SEED = Number(process.env['ADASTRA_CHAOS_SEED'] ?? 1);

interface Case {
  readonly nodes: readonly NodeEvidence[];
  readonly acks: readonly Acknowledged[];
  readonly authors: ReadonlyMap<string, string>;
}

test('after cuts and kills three processes agree, and nothing acknowledged is missing', async (context) => {
  await needsPath(context);
  const world = new ChaosWorld({
    folder: testFolder('three-nodes'),
    names: NAMES,
    discoveryPort: await freeUdpPort(),
    seed: SEED,
    keys: figure({ short: 25, long: 200 }),
    operations: OPERATIONS,
    chaosMs: figure({ short: 2_500, long: 120_000 }),
  });
  onTestFinished(() => world.close());
  onTestFailed(() => void process.stdout.write(`seed ${SEED}\n${world.logs()}\n`));
  const authors = await pairAll(world, NAMES);
  await pullAll(world);

  await world.chaos();
  const linkMs = await world.linked();
  const convergeMs = await world.converged();
  const apartMs = await world.apart(APART);
  await world.linked();

  const nodes = await world.evidence();
  const found = judge(nodes, world.acks, authors);
  tell(world, found, { linkMs, convergeMs, apartMs });
  expect(found.problems).toEqual([]);
  expect(found.writes.sibling).toBeGreaterThan(0);
  expect(found.writes.replaced).toBeGreaterThan(0);
  expect(found.absentKeys).toBeGreaterThan(0);
  expect(found.resolved).toBeGreaterThan(0);
  expect(world.count.kills).toBeGreaterThan(0);
  expect(world.count.cuts).toBeGreaterThan(0);
  expectEachCheckToFail({ nodes, acks: world.acks, authors });
});

/** There is no way around the cables: with all of them cut nobody has a link. */
async function pullAll(world: ChaosWorld): Promise<void> {
  world.setAll('cut');
  await vi.waitFor(
    async () => {
      const connected = (await world.stands()).map((stand) => stand.connected);
      expect(connected).toEqual([0, 0, 0]);
    },
    { timeout: 10_000 },
  );
  world.setAll('up');
  await world.linked();
  for (const cable of world.cables.values()) expect(cable.count.bytes).toBeGreaterThan(0);
}

function tell(world: ChaosWorld, found: Judgement, took: object): void {
  const { count, acks, cables } = world;
  const bytes = [...cables.values()].reduce((sum, cable) => sum + cable.count.bytes, 0);
  const { problems, ...rest } = found;
  const told = { operations: acks.length, ...count, bytes, ...took, ...rest };
  process.stdout.write(`three nodes: ${JSON.stringify(told)}, ${problems.length} problems\n`);
}

/** Evidence that was tampered with is seen through, each time for its own reason. */
function expectEachCheckToFail(good: Case): void {
  const problemsOf = (breach: (evidence: Mutable<Case>) => void): string => {
    const evidence = structuredClone(good) as Mutable<Case>;
    breach(evidence);
    return judge(evidence.nodes, evidence.acks, evidence.authors).problems.join('\n');
  };
  for (const [words, breach] of BREACHES) expect(problemsOf(breach)).toContain(words);
}

type Mutable<T> =
  T extends ReadonlyMap<unknown, unknown> ? T : { -readonly [Key in keyof T]: Mutable<T[Key]> };

type Breach = (evidence: Mutable<Case>) => void;

function written(evidence: Mutable<Case>): Mutable<Acknowledged> {
  return evidence.acks.find(({ writes }) => writes.length > 0) as Mutable<Acknowledged>;
}

function lastOf(evidence: Mutable<Case>): Mutable<NodeEvidence> {
  return evidence.nodes.at(-1) as Mutable<NodeEvidence>;
}

const BREACHES: readonly (readonly [words: string, breach: Breach])[] = [
  ['state hashes of', (evidence) => void (lastOf(evidence).stateHash = 'other')],
  ['vectors of', (evidence) => void lastOf(evidence).vector.pop()],
  [
    'the log does not',
    (evidence) => {
      const { vector } = lastOf(evidence);
      const [origin, originSeq, digest] = vector[0] as NodeEvidence['vector'][number];
      vector[0] = [origin, originSeq + 1, digest];
    },
  ],
  ['another commit on', (evidence) => void ((written(evidence).writes[0] as Write).hash = 'f00')],
  ['lost on', (evidence) => void (written(evidence).originSeq += 1_000_000)],
  [
    'lost on depot',
    (evidence) => {
      const { origin, originSeq } = written(evidence);
      const node = lastOf(evidence);
      node.commits = node.commits.filter(
        (commit) => commit.origin !== origin || commit.originSeq !== originSeq,
      );
    },
  ],
  [
    'is not the same commit on',
    (evidence) => {
      const commit = lastOf(evidence).commits.find(({ events }) => events.length > 0);
      if (commit !== undefined) commit.stamp = '1.0.1';
    },
  ],
  [
    'was removed and is back',
    (evidence) => {
      const { entries } = lastOf(evidence);
      for (const entry of entries) if (entry.siblings.length === 0) entry.value = 'f00';
    },
  ],
  [
    'had seen it',
    (evidence) => {
      const seen = evidence.acks.flatMap(({ writes }) => writes).find((one) => one.seen?.length);
      const entry = lastOf(evidence).entries.find(({ key }) => key === seen?.key);
      entry?.siblings.push({ kind: 'put', stamp: seen?.seen?.[0] as string, hash: 'f00' });
    },
  ],
  [
    'does not read as its last write',
    (evidence) => {
      const entry = lastOf(evidence).entries.find(({ siblings }) => siblings.length > 0);
      if (entry !== undefined) entry.value = 'f00';
    },
  ],
  [
    'other siblings than the logs give it',
    (evidence) => {
      lastOf(evidence)
        .entries.find(({ siblings }) => siblings.length > 0)
        ?.siblings.pop();
    },
  ],
  [
    'had other siblings when',
    (evidence) => {
      const ack = evidence.acks.find(({ writes }) => writes.some(({ seen }) => seen?.length));
      ack?.writes.find(({ seen }) => seen?.length)?.seen?.pop();
    },
  ],
  [
    'unlisted',
    (evidence) => {
      for (const node of evidence.nodes) node.journal = [];
    },
  ],
];

type Write = Mutable<Acknowledged['writes'][number]>;
