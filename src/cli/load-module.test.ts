import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadModule, loadModules, type Wanted } from './load-module.ts';

interface Tool {
  readonly name: string;
  readonly use: () => void;
}

const TOOL: Wanted<Tool> = {
  what: 'tool',
  maker: 'defineTool',
  isOne: (value): value is Tool =>
    typeof value === 'object' && value !== null && typeof (value as Tool).use === 'function',
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-load-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

async function namesIn(name: string): Promise<string[]> {
  return (await loadModule(name, folder, TOOL)).map((tool) => tool.name);
}

const saw = "{ name: 'saw', use() {} }";
const axe = "{ name: 'axe', use() {} }";

describe('a module is taken for', () => {
  it.each([
    ['its exports by name', `export const a = ${saw}; export const b = ${axe};`],
    ['a list by default', `export default [${saw}, ${axe}];`],
    ['an object by default', `export default { a: ${saw}, b: ${axe}, version: 3 };`],
    ['both, each once', `export const a = ${saw}; const b = ${axe}; export default [a, b];`],
    ['what is one beside what is none', `export const n = 1; export default [${saw}, ${axe}];`],
  ])('%s', async (_, text) => {
    expect((await namesIn(write('tools.mjs', text))).sort()).toEqual(['axe', 'saw']);
  });

  it('one by default', async () => {
    expect(await namesIn(write('tool.mjs', `export default ${saw};`))).toEqual(['saw']);
  });

  it('several files, in their order', async () => {
    const paths = [
      write('b.mjs', `export default ${axe};`),
      write('a.mjs', `export default ${saw};`),
    ];
    const found = await loadModules(paths, folder, TOOL);
    expect(found?.map(({ name }) => name)).toEqual(['axe', 'saw']);
    expect(await loadModules(undefined, folder, TOOL)).toBeUndefined();
  });
});

describe('it refuses', () => {
  const cases: ReadonlyArray<readonly [string, string | undefined, RegExp]> = [
    ['a file that is not there', undefined, /^there is no .*wrong\.mjs to load tools from$/],
    ['a syntax error', 'export const = 1;', /cannot be loaded for its tools: /],
    ['a module that throws', "throw new RangeError('no');", /its tools: RangeError: no$/],
    ['a missing import', "import 'no-such-package';", /its tools: Error: .*no-such-package/],
    ['nothing of the kind', 'export const n = 1; export function f() {}', /exports no tool$/],
    ['an empty module', '', /exports no tool$/],
    ['a list with another thing', `export default [${saw}, 5];`, /^item 1 of the default export/],
  ];
  it.each(cases)('%s', async (_, text, message) => {
    if (text !== undefined) write('wrong.mjs', text);
    await expect(loadModule('wrong.mjs', folder, TOOL)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringMatching(message),
      details: { file: join(folder, 'wrong.mjs') },
    });
  });

  it('a folder', async () => {
    mkdirSync(join(folder, 'tools'));
    await expect(loadModule('tools', folder, TOOL)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringMatching(/is not a file$/),
    });
  });
});
