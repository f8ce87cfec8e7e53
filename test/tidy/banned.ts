/**
 * What would make a node unpredictable, or speak behind its owner's back: clocks, timers,
 * randomness, the console, the process, the network, anything that depends on locale. Allowed only
 * where the outside world is met: env/node, cli, daemon, inspector. Node's modules are the layer
 * table's matter.
 */
import { codeOf, lineOf, type FileMap } from './source.ts';

const OUTSIDE = ['src/env/node/', 'src/cli/', 'src/daemon/', 'src/inspector/'];
/** What the HTTP client needs of the browser that it runs in is in one file. */
const PLATFORM = 'src/http/platform.ts';

/** A global by its bare name or through globalThis; not a property of something else. */
function global(names: string): RegExp {
  return new RegExp(String.raw`(?:(?<![\w$.#])|\bglobalThis\.)(?:${names})\b(?!\s*\??:)`, 'g');
}

const BANNED: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  ['reads the clock', /\bDate\.now\b|\bnew Date\b(?!\s*\()|\bnew Date\(\s*\)/g],
  ['reads the clock', /(?<!\bnew |[\w$.#])Date\(/g],
  ['reads the clock', global('performance')],
  ['sets a timer', global('setTimeout|setInterval|setImmediate')],
  ['draws random numbers', /\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b/g],
  ['writes to the console', global('console')],
  ['touches the process', global('process')],
  ['touches the network', global('fetch|WebSocket|EventSource')],
  ['depends on the locale', /\btoLocale\w+|\blocaleCompare\b|(?<![\w$.#])Intl\./g],
  ['loads code by name', /(?<![\w$.#])(?:require|eval)\(\s*['"`]/g],
];

const TEST_MARKS =
  /\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo|fails|(?:skipIf|runIf)(?!\(process\.platform))\b|\b(?:xit|xdescribe|fit)\(|\b(?:context|ctx)\.skip\(/g;

/** Calls in src that only the outside of a node may make. */
export function bannedCalls(files: FileMap): string[] {
  const breaches: string[] = [];
  for (const [path, text] of files) {
    if (!path.startsWith('src/') || !path.endsWith('.ts') || path.endsWith('.test.ts')) continue;
    if (path === PLATFORM || OUTSIDE.some((folder) => path.startsWith(folder))) continue;
    const code = codeOf(text);
    for (const [what, pattern] of BANNED) {
      for (const match of code.matchAll(pattern)) {
        breaches.push(`${path}:${lineOf(code, match.index)}: ${what} (${match[0].trim()})`);
      }
    }
  }
  return breaches;
}

/** Tests that are focused, skipped or left for later; skipping by platform apart. */
export function testMarks(files: FileMap): string[] {
  const breaches: string[] = [];
  for (const [path, text] of files) {
    if (!path.endsWith('.test.ts')) continue;
    const code = codeOf(text);
    for (const match of code.matchAll(TEST_MARKS)) {
      breaches.push(`${path}:${lineOf(code, match.index)}: ${match[0]}`);
    }
  }
  return breaches;
}
