/**
 * Two nodes in two network namespaces, as on two machines: multicast, TLS and all else go over a
 * virtual link that is taken down and up (two-namespaces.sh) while both write and are killed; then
 * everything that was acknowledged is asked for. Here a cut takes discovery with it, and neither
 * side is told: connections only fall silent.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFailed, onTestFinished, type TestContext, test, vi } from 'vitest';
import { judge } from '../support/chaos-evidence.ts';
import { pairAll } from '../support/chaos-pairing.ts';
import { ChaosWorld } from '../support/chaos-world.ts';
import { testFolder } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { ROOT } from '../support/repository.ts';
import { hasProgram, skipFor } from '../support/skip.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const NAMES = ['shop', 'van'] as const;
const SCRIPT = join(ROOT, 'test/system/two-namespaces.sh');
const SEED = Number(process.env['ADASTRA_CHAOS_SEED'] ?? 1);

test('two machines whose link goes down and up agree in the end, and nothing is missing', async (context) => {
  const name = makeNamespaces(context);
  const under = (end: string): string[] => ['ip', 'netns', 'exec', `${name}-${end}`];
  const world = new ChaosWorld({
    folder: testFolder('two-namespaces'),
    names: NAMES,
    discoveryPort: 47_474,
    seed: SEED,
    keys: figure({ short: 20, long: 100 }),
    operations: figure({ short: 60, long: 2_000 }),
    chaosMs: figure({ short: 2_000, long: 60_000 }),
    places: [
      { host: '10.77.0.1', under: under('a') },
      { host: '10.77.0.2', under: under('b') },
    ],
    cutPlaces: (isCut) => run(isCut ? 'down' : 'up', name),
  });
  onTestFinished(() => world.close());
  onTestFailed(() => void process.stdout.write(`seed ${SEED}\n${world.logs()}\n`));
  const authors = await pairAll(world, NAMES);
  await workAlone(world);

  await world.chaos();
  const linkMs = await world.linked();
  const convergeMs = await world.converged();

  const found = judge(await world.evidence(), world.acks, authors);
  const { problems, ...rest } = found;
  const told = { operations: world.acks.length, ...world.count, linkMs, convergeMs, ...rest };
  process.stdout.write(`two namespaces: ${JSON.stringify(told)}, ${problems.length} problems\n`);
  expect(problems).toEqual([]);
  expect(found.writes.replaced).toBeGreaterThan(0);
  expect(world.count.kills).toBeGreaterThan(0);
  expect(world.count.cuts).toBeGreaterThan(0);
});

/** With the link down each writes for itself; with the link up again both have both. */
async function workAlone(world: ChaosWorld): Promise<void> {
  const [shop, van] = NAMES.map((name) => world.node(name));
  world.setAll('cut');
  await shop?.ask('put', { key: 'note/shop', value: 'alone' });
  await van?.ask('put', { key: 'note/van', value: 'alone' });
  const [one, other] = await world.stands();
  expect(one?.stateHash).not.toBe(other?.stateHash);
  await expect(world.converged(1_000)).rejects.toThrow('all are equal');
  world.setAll('up');
  await world.converged();
}

/** The name of a pair of namespaces that is gone when the test ends; counts as skipped without. */
function makeNamespaces(context: TestContext): string {
  if (!hasProgram('ip')) skipFor(context, 'apt-get install iproute2');
  const name = `adastra-${process.pid}`;
  onTestFinished(() => void spawnSync('sh', [SCRIPT, 'remove', name], { stdio: 'ignore' }));
  const made = spawnSync('sh', [SCRIPT, 'make', name], { encoding: 'utf8' });
  if (made.status !== 0) skipFor(context, 'root, and a host that permits network namespaces');
  return name;
}

function run(command: string, name: string): void {
  const { status, stderr } = spawnSync('sh', [SCRIPT, command, name], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
}
