/**
 * The shape of files in src: sizes (hard limits fail, aims are only listed), the header comment,
 * the width of comments, names. The formatter holds the width of code.
 */
import { codeLinesOf, codeOf, functionsOf, type FileMap } from './source.ts';

export const FILE_CODE_LINES_MAX = 300;
export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 60;
const FILE_CODE_LINES_AIM = 200;
const FUNCTION_LINES_AIM = 40;
const HEADER_LINES_MIN = 3;
const HEADER_LINES_MAX = 14;
const COLUMNS_MAX = 100;
const VAGUE_NAMES = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'misc',
  'types',
  'manager',
]);

/** Files and functions over the hard limits. */
export function sizeBreaches(files: FileMap): string[] {
  return measure(files)
    .filter(({ max, lines }) => lines > max)
    .map(describe);
}

/** What is within the limits and yet over the aim, largest first; for people to look at. */
export function sizesOverAim(files: FileMap): string[] {
  return measure(files)
    .filter(({ aim, max, lines }) => lines > aim && lines <= max)
    .sort((a, b) => b.lines / b.max - a.lines / a.max)
    .map(describe);
}

interface Size {
  readonly what: string;
  readonly lines: number;
  readonly aim: number;
  readonly max: number;
}

function measure(files: FileMap): Size[] {
  const sizes: Size[] = [];
  for (const [path, text] of sources(files)) {
    const lines = text.trimEnd().split('\n').length;
    const code = codeLinesOf(codeOf(text));
    sizes.push({
      what: `${path} code`,
      lines: code,
      aim: FILE_CODE_LINES_AIM,
      max: FILE_CODE_LINES_MAX,
    });
    sizes.push({ what: `${path} with comments`, lines, aim: FILE_LINES_MAX, max: FILE_LINES_MAX });
    for (const { name, line, codeLines } of functionsOf(text)) {
      const what = `${path}:${line} ${name}()`;
      sizes.push({ what, lines: codeLines, aim: FUNCTION_LINES_AIM, max: FUNCTION_LINES_MAX });
    }
  }
  return sizes;
}

function describe({ what, lines, max }: Size): string {
  return `${what}: ${lines} lines of at most ${max}`;
}

/** Files that do not open with a comment of 3 to 12 lines (14 with its delimiters). */
export function headerBreaches(files: FileMap): string[] {
  const breaches: string[] = [];
  for (const [path, text] of sources(files)) {
    const header = /^(?:#![^\n]*\n+)?(\/\*\*?[\s\S]*?\*\/)/.exec(text)?.[1];
    const lines = header?.split('\n').length ?? 0;
    if (lines < HEADER_LINES_MIN || lines > HEADER_LINES_MAX) {
      breaches.push(`${path}: opens with a header comment of ${lines} lines, wanted 3 to 12`);
    }
  }
  return breaches;
}

/** Comment lines over 100 columns (addresses excepted), and file names that say nothing. */
export function wordBreaches(files: FileMap): string[] {
  const breaches: string[] = [];
  for (const [path, text] of sources(files)) {
    const name =
      path
        .split('/')
        .at(-1)
        ?.replace(/(?:\.test)?\.ts$/, '') ?? '';
    if (VAGUE_NAMES.has(name)) breaches.push(`${path}: a file is named after what it holds`);
    if (!/^[a-z0-9-]+$/.test(name)) breaches.push(`${path}: file names are kebab-case`);
    for (const [index, line] of text.split('\n').entries()) {
      const comment = /^\s*(?:\*|\/\/|\/\*)/.test(line) && !line.includes('://');
      if (comment && line.length > COLUMNS_MAX)
        breaches.push(`${path}:${index + 1}: over 100 columns`);
    }
  }
  return breaches;
}

function sources(files: FileMap): Array<[string, string]> {
  return [...files].filter(
    ([path]) => path.startsWith('src/') && path.endsWith('.ts') && !path.endsWith('.test.ts'),
  );
}
