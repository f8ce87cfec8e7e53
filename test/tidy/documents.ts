/**
 * Documents against the repository: links and their anchors lead somewhere, every error code is
 * explained, examples stay short.
 */
import { posix } from 'node:path';
import type { FileMap } from './source.ts';

const EXAMPLE_LINES_MAX = 60;

/** Relative links of Markdown files that lead to no file, folder or heading. */
export function brokenLinks(files: FileMap): string[] {
  const breaches: string[] = [];
  for (const [path, text] of files) {
    if (!path.endsWith('.md')) continue;
    for (const { target, line } of linksOf(text)) {
      const reason = refuse(files, path, target);
      if (reason !== undefined) breaches.push(`${path}:${line}: ${target}: ${reason}`);
    }
  }
  return breaches;
}

function linksOf(text: string): Array<{ target: string; line: number }> {
  const found: Array<{ target: string; line: number }> = [];
  for (const [index, line] of withoutBlocks(text).split('\n').entries()) {
    const plain = line.replaceAll(/`[^`]*`/g, '');
    for (const match of plain.matchAll(/\]\(([^)\s]+)\)/g)) {
      found.push({ target: match[1] as string, line: index + 1 });
    }
  }
  return found;
}

function refuse(files: FileMap, path: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [file = '', anchor] = target.split('#');
  const goal = file === '' ? path : posix.join(posix.dirname(path), file).replace(/\/$/, '');
  const text = files.get(goal);
  if (text === undefined) {
    const isFolder = [...files.keys()].some((name) => name.startsWith(`${goal}/`));
    return isFolder ? undefined : 'no such file';
  }
  if (anchor === undefined || !goal.endsWith('.md')) return undefined;
  return anchorsOf(text).has(anchor) ? undefined : 'no such heading';
}

/** Headings as GitHub names them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const match of withoutBlocks(text).matchAll(/^#{1,6}\s+(.+?)\s*$/gm)) {
    const plain = (match[1] as string).toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '');
    const anchor = plain.replaceAll(' ', '-');
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n += 1) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The text with fenced blocks blanked, lines kept. */
function withoutBlocks(text: string): string {
  return text.replaceAll(/^(\s*)```[\s\S]*?^\s*```\s*$/gm, (block) =>
    block.replaceAll(/[^\n]/g, ''),
  );
}

/**
 * Codes without a section `### \`code\`` in docs/errors.md, sections without a code, missing parts.
 */
export function undocumentedCodes(document: string, codes: readonly string[]): string[] {
  const sections = new Map<string, string>();
  for (const part of document.split(/^### /m).slice(1)) {
    const code = /^`(\w+)`/.exec(part)?.[1];
    if (code !== undefined) sections.set(code, part);
  }
  const breaches = codes
    .filter((code) => !sections.has(code))
    .map((code) => `${code}: not explained`);
  for (const [code, section] of sections) {
    if (!codes.includes(code)) breaches.push(`${code}: explained, but no such code`);
    for (const part of ['**When.**', '**Your data.**', '**What to do.**']) {
      if (!section.includes(part)) breaches.push(`${code}: lacks ${part}`);
    }
  }
  return breaches;
}

/** Examples of more than 60 lines. */
export function longExamples(files: FileMap): string[] {
  return [...files]
    .filter(([path]) => /^examples\/[^/]+\.ts$/.test(path))
    .map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > EXAMPLE_LINES_MAX)
    .map(({ path, lines }) => `${path}: ${lines} lines of at most ${EXAMPLE_LINES_MAX}`);
}
