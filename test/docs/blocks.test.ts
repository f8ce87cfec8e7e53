/**
 * What documents show is true: every `ts` block of README.md and docs/ and every file of examples/
 * is type-checked (one tsc for all) and run against the built package, every `sh` block is run.
 * Blocks of one document share a working directory and run in order; conventions in
 * test/support/markdown.ts.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, type TestContext, vi } from 'vitest';
import { type Block, blocksOf, type Program, programsOf, scriptOf } from '../support/markdown.ts';
import {
  compile,
  isClientBuilt,
  link,
  makeProject,
  type Outcome,
  run,
} from '../support/project.ts';
import { readRepository, ROOT } from '../support/repository.ts';
import { hasProgram, skipFor } from '../support/skip.ts';
import { stay, type StayingShell } from '../support/staying-shell.ts';

const NEEDS_MORE = /\b(?:npm|git|docker)\b/;
const repository = readRepository();
const examples = [...repository.keys()].filter((path) => /^examples\/[^/]+\.ts$/.test(path)).sort();
const documents = [...repository]
  .filter(([path]) => path === 'README.md' || /^docs\/.*\.md$/.test(path))
  .map(([path, text]) => ({ path, blocks: blocksOf(path, text) }))
  .filter(({ blocks }) => blocks.some(({ language }) => language === 'ts' || language === 'sh'));

let folder: string;
let compiled: Outcome;

function slug({ document, line }: { document: string; line: number }): string {
  return `${document.replaceAll(/\W+/g, '-')}-${line}`;
}

function writePrograms(programs: readonly Program[]): void {
  for (const program of programs) {
    writeFileSync(join(folder, `${slug(program)}.ts`), `${program.text}\nexport {};\n`);
  }
}

/** The compiler's complaints about one file, or an empty list. */
function complaints(name: string): string[] {
  return compiled.output.split('\n').filter((line) => line.startsWith(`${name}(`));
}

function workFolder(name: string): string {
  const path = join(folder, 'work', name);
  mkdirSync(path, { recursive: true });
  return path;
}

beforeAll(() => {
  folder = makeProject('docs');
  link(folder, ['adastra-db', '@types/node', 'zod']);
  mkdirSync(join(folder, 'bin'));
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'dist/cli/main.js')}" "$@"\n`;
  writeFileSync(join(folder, 'bin/adastra'), shim);
  chmodSync(join(folder, 'bin/adastra'), 0o755);
  writePrograms(documents.flatMap(({ blocks }) => programsOf(blocks)));
  for (const path of examples) cpSync(join(ROOT, path), join(folder, path.replace('/', '-')));
  compiled = compile(folder, { module: 'nodenext', moduleResolution: 'nodenext' });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('has a built package wherever a block or an example needs one', () => {
  const blocks = documents.flatMap((document) => document.blocks);
  const needed =
    blocks.some(({ language, flags }) => /^(?:ts|sh)$/.test(language) && !flags.has('no-run')) ||
    examples.length > 0;
  expect(!needed || isClientBuilt(), 'run npm run build first').toBe(true);
});

it('type-checks as a whole', () => {
  const own = compiled.output.split('\n').filter((line) => /: error TS\d+/.test(line));
  if (examples.length === 0 && !documents.some(({ blocks }) => programsOf(blocks).length > 0))
    return;
  expect(own).toEqual([]);
  expect(compiled.status).toBe(0);
});

describe.each(documents)('$path', ({ path, blocks }) => {
  const steps: Array<{ title: string; act: (context: TestContext) => void | Promise<void> }> = [];
  const staying: StayingShell[] = [];
  for (const program of programsOf(blocks)) {
    steps.push({ title: `ts at line ${program.line}`, act: () => runProgram(program) });
  }
  for (const block of blocks.filter(({ language }) => language === 'sh')) {
    const act = block.flags.has('stays') ? stayInShell : runShell;
    steps.push({ title: `sh at line ${block.line}`, act: (context) => act(block, context) });
  }
  const order = (title: string): number => Number(/\d+$/.exec(title)?.[0]);
  steps.sort((a, b) => order(a.title) - order(b.title));
  it.for(steps)('$title', { timeout: 120_000 }, ({ act }, context) => act(context));
  afterAll(() => Promise.all(staying.map((shell) => shell.end())));

  function runProgram(program: Program): void {
    expect(complaints(`${slug(program)}.ts`)).toEqual([]);
    if (!program.run) return;
    const script = join(folder, 'out', `${slug(program)}.js`);
    const { status, output } = run(workFolder(path), [process.execPath, script]);
    expect(status, output).toBe(0);
  }

  function runShell(block: Block, context: TestContext): void {
    if (block.flags.has('no-run')) {
      expect(block.follower, 'sh no-run needs a <!-- reason --> behind it').toMatch(/^<!-- .+ -->/);
      return;
    }
    expect(block.text, 'needs more than adastra: mark it sh no-run').not.toMatch(NEEDS_MORE);
    if (/\bcurl\b/.test(block.text) && !hasProgram('curl'))
      skipFor(context, 'apt-get install curl');
    const { status, output } = run(workFolder(path), ['bash', '-c', shellOf(block)]);
    expect(status, output).toBe(0);
  }

  async function stayInShell(block: Block): Promise<void> {
    // What the reader's terminal keeps in its background, this shell waits for.
    staying.push(await stay(workFolder(path), `${shellOf(block)}\nwait`));
  }
});

function shellOf(block: Block): string {
  return `export PATH="${join(folder, 'bin')}:$PATH"\n${scriptOf(block)}`;
}

it.each(examples)('%s runs', { timeout: 120_000 }, (path) => {
  const name = path.replace('/', '-');
  expect(complaints(name)).toEqual([]);
  const script = join(folder, 'out', name.replace(/\.ts$/, '.js'));
  const { status, output } = run(workFolder(name), [process.execPath, script]);
  expect(status, output).toBe(0);
});

describe('the conventions', () => {
  const text = [
    '```ts',
    'const a = 1;',
    '```',
    '```ts continues',
    'a;',
    '```',
    '```ts no-run',
    'b;',
    '```',
    '```sh',
    '$ npx adastra-db get x  # exit 3',
    'not found',
    '```',
    '',
    '<!-- why -->',
  ].join('\n');
  const blocks = blocksOf('a.md', text);

  it('join, mark and find blocks', () => {
    expect(programsOf(blocks)).toEqual([
      { document: 'a.md', line: 2, run: true, text: 'const a = 1;\na;' },
      { document: 'a.md', line: 8, run: false, text: 'b;' },
    ]);
    expect(blocks.at(-1)?.follower).toBe('<!-- why -->');
  });

  it('see a failing command, and one that ought to fail and does not', () => {
    const status = (line: string): number => {
      const block = blocksOf('a.md', `\`\`\`sh\n${line}\n\`\`\``)[0] as Block;
      return run(folder, ['bash', '-c', scriptOf(block)]).status;
    };
    expect(status('true')).toBe(0);
    expect(status('false')).toBe(1);
    expect(status('$ true\noutput')).toBe(0);
    expect(status('(exit 3) # exit 3')).toBe(0);
    expect(status('true # exit 3')).toBe(1);
  });

  it('see whether what ought to stay stays, and end it', async () => {
    const file = join(folder, 'stays.txt');
    await expect(stay(folder, 'echo no', 2000)).rejects.toThrow('it is not ready:\nno');
    await expect(stay(folder, 'sleep 60', 200)).rejects.toThrow('it is not ready');
    const script = `echo "ready  x"; sleep 0.5; echo late > "${file}"`;
    const shell = await stay(folder, script);
    await shell.end();
    await sleep(1000);
    expect(existsSync(file)).toBe(false);
    await stay(folder, script);
    await vi.waitFor(() => expect(existsSync(file)).toBe(true), 10_000);
  });

  it('see a type error and a program that throws', () => {
    const project = makeProject('planted');
    link(project, ['@types/node']);
    writeFileSync(
      join(project, 'a.ts'),
      "const a: number = '1';\nthrow new Error(String(a));\nexport {};",
    );
    const outcome = compile(project, { module: 'nodenext', moduleResolution: 'nodenext' });
    expect(outcome.output).toContain('a.ts(1,7): error TS2322');
    expect(run(project, [process.execPath, 'out/a.js']).status).toBe(1);
    rmSync(project, { recursive: true, force: true });
  });
});
