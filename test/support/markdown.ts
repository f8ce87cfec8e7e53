/**
 * Fenced blocks of a Markdown file, and the conventions of our documents (docs/testing.md): `ts`
 * runs, `ts continues` is appended to the block before, `ts no-run` is only type-checked; `sh`
 * runs, `sh no-run` does not and says why in an HTML comment behind it, `sh stays` runs until the
 * end of its document, or until a later block ends it, and must say that it is ready.
 */

export interface Block {
  readonly document: string;
  /** The line (from 1) of the first line inside the fence. */
  readonly line: number;
  readonly language: string;
  /** The words behind the language. */
  readonly flags: ReadonlySet<string>;
  readonly text: string;
  /** The first line behind the block that is not empty. */
  readonly follower: string;
}

/** A TypeScript program made of one block and those that continue it. */
export interface Program {
  readonly document: string;
  readonly line: number;
  readonly run: boolean;
  readonly text: string;
}

/** Every fenced block, in order. */
export function blocksOf(document: string, text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const info = /^\s*```(\S+)?\s*(.*)$/.exec(lines[at] as string);
    if (info === null) continue;
    const end = lines.findIndex((line, n) => n > at && /^\s*```\s*$/.test(line));
    if (end === -1) throw new Error(`${document}:${at + 1}: the block never ends`);
    blocks.push({
      document,
      line: at + 2,
      language: info[1] ?? '',
      flags: new Set((info[2] ?? '').split(/\s+/).filter((word) => word !== '')),
      text: lines.slice(at + 1, end).join('\n'),
      follower: lines.slice(end + 1).find((line) => line.trim() !== '') ?? '',
    });
    at = end;
  }
  return blocks;
}

/** The `ts` blocks of one document as programs. */
export function programsOf(blocks: readonly Block[]): Program[] {
  const programs: Program[] = [];
  for (const block of blocks.filter(({ language }) => language === 'ts')) {
    const before = programs.at(-1);
    if (block.flags.has('continues') && before !== undefined) {
      programs[programs.length - 1] = { ...before, text: `${before.text}\n${block.text}` };
    } else {
      const { document, line, text, flags } = block;
      programs.push({ document, line, text, run: !flags.has('no-run') });
    }
  }
  return programs;
}

/**
 * The commands of a `sh` block as a script for bash that stops at the first failure. With a `$ `
 * prompt anywhere only prompted lines are commands; a command that ends in `# exit N` must exit so.
 */
export function scriptOf(block: Block): string {
  const joined = block.text.replaceAll(/\\\n\s*/g, '').split('\n');
  const prompted = joined.some((line) => line.startsWith('$ '));
  const commands = prompted
    ? joined.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
    : joined;
  return ['set -euo pipefail', ...commands.map(expectExit)].join('\n');
}

function expectExit(command: string): string {
  const code = /#\s*exit (\d+)\s*$/.exec(command)?.[1];
  const plain = command.replaceAll(/\bnpx (?:-y |--yes )?adastra-db\b/g, 'adastra');
  if (code === undefined) return plain;
  return `status=0; ${plain.replace(/#\s*exit \d+\s*$/, '')} || status=$?; test $status -eq ${code}`;
}
