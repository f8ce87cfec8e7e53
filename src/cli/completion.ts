/**
 * Completion of a line being typed: command words, then the options of the command that stands
 * there. Keys are not completed: that would read the store at every TAB.
 */
import type { CommandSpec } from './command.ts';
import { GLOBAL_OPTIONS } from './parser.ts';

const OWN_WORDS = ['help', 'exit', 'quit'];

/** What readline wants: the words that fit, each with a blank behind, and the text they replace. */
export function completionsOf(table: readonly CommandSpec[], line: string): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = candidates(table, before).filter((word) => word.startsWith(last));
  return [[...new Set(found)].sort().map((word) => `${word} `), last];
}

function candidates(table: readonly CommandSpec[], before: readonly string[]): string[] {
  if (before[0] === 'help') return candidates(table, before.slice(1));
  const [first, second] = before;
  const names = table.map(({ name }) => name.split(' '));
  if (first === undefined) return [...names.map(([word = '']) => word), ...OWN_WORDS];
  if (second === undefined) {
    const inGroup = names.filter(([group, word]) => group === first && word !== undefined);
    if (inGroup.length > 0) return inGroup.map(([, word = '']) => word);
  }
  const spec = table.find(({ name }) => name === first || name === `${first} ${second}`);
  return spec === undefined ? [] : optionNames(spec);
}

function optionNames(spec: CommandSpec): string[] {
  const flags = [
    ...(spec.options ?? []).map((option) => option.flags),
    ...GLOBAL_OPTIONS.map(([f]) => f),
  ];
  return flags.map((text) => /--[a-z-]+/.exec(text)?.[0] ?? text);
}
