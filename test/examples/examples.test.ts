/**
 * Every example, compiled and run against the built package, prints exactly what stands behind
 * `// Output:` at its end.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, isClientBuilt, link, makeProject, run } from '../support/project.ts';
import { ROOT } from '../support/repository.ts';

const names = readdirSync(join(ROOT, 'examples'))
  .filter((name) => name.endsWith('.ts'))
  .sort();

let folder: string;
let complaints: string;

beforeAll(() => {
  folder = makeProject('examples');
  link(folder, ['adastra-db', '@types/node', 'zod']);
  for (const name of names) cpSync(join(ROOT, 'examples', name), join(folder, name));
  const compiled = compile(folder, { module: 'nodenext', moduleResolution: 'nodenext' });
  complaints = compiled.output;
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an example says that it prints. */
function promisedOutput(text: string): string | undefined {
  const promised = /\n\/\/ Output:\n((?:\/\/.*\n)+)$/.exec(text)?.[1];
  return promised?.replaceAll(/^\/\/ ?/gm, '');
}

it('has the package that the examples import', () => {
  expect(isClientBuilt(), 'run npm run build first').toBe(true);
  expect(names.length).toBeGreaterThanOrEqual(7);
});

describe.each(names)('%s', (name) => {
  it('prints what it promises', { timeout: 60_000 }, () => {
    expect(complaints.split('\n').filter((line) => line.startsWith(`${name}(`))).toEqual([]);
    const promised = promisedOutput(readFileSync(join(ROOT, 'examples', name), 'utf8'));
    expect(promised, `${name} does not end with // Output:`).toBeDefined();
    const work = join(folder, 'work', name);
    mkdirSync(work, { recursive: true });
    const script = join(folder, 'out', name.replace(/\.ts$/, '.js'));
    const { status, output } = run(work, [process.execPath, script]);
    expect(output).toBe(promised);
    expect(status).toBe(0);
  });
});

it('takes only comments at the very end for output', () => {
  expect(promisedOutput('a;\n\n// Output:\n// 1\n//\n// 2\n')).toBe('1\n\n2\n');
  expect(promisedOutput('a;\n// Output:\n// 1\nb;\n')).toBeUndefined();
});
