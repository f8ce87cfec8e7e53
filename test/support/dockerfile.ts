/**
 * Reads a Dockerfile as Docker's builder does, and says what would be wrong with its image without
 * building one: an unknown or misplaced instruction, a base that is not pinned to a slim Debian, a
 * source that is not in the context, root at run time, a shell around the program that eats its
 * signals, secrets in layers, development packages in the last stage.
 */

export interface Instruction {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** One `FROM` and what follows it. */
export interface Stage {
  readonly base: string;
  readonly alias: string | undefined;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  readonly stages: readonly Stage[];
  readonly faults: readonly string[];
}

const KNOWN = new Set(
  `ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN STOPSIGNAL USER VOLUME WORKDIR`.split(
    ' ',
  ),
);
const BASE = /^node:(?:20|22|24)(?:\.\d+){0,2}-(?:bookworm|trixie)-slim$/;

export function readDockerfile(text: string): Dockerfile {
  const faults: string[] = [];
  const stages: Array<Stage & { readonly instructions: Instruction[] }> = [];
  for (const instruction of instructionsOf(text)) {
    const { name, line } = instruction;
    if (!KNOWN.has(name)) faults.push(`${line}: unknown or unwanted instruction ${name}`);
    if (name === 'FROM') {
      const [base = '', , alias] = instruction.text.split(/\s+/);
      stages.push({ base, alias, instructions: [] });
    } else if (stages.length === 0) faults.push(`${line}: ${name} before FROM`);
    else stages.at(-1)?.instructions.push(instruction);
  }
  if (stages.length === 0) faults.push('no FROM');
  return { stages, faults };
}

/** `hasSource`: whether a path of the context is there and not ignored. */
export function dockerfileFaults(text: string, hasSource: (path: string) => boolean): string[] {
  const { stages, faults: found } = readDockerfile(text);
  const faults = [...found];
  const aliases = new Set<string>();
  for (const { base, alias, instructions } of stages) {
    if (!BASE.test(base) && !aliases.has(base))
      faults.push(`base ${base} is not a pinned slim one`);
    for (const instruction of instructions) {
      faults.push(...instructionFaults(instruction, { aliases, hasSource }));
    }
    if (alias !== undefined) aliases.add(alias);
  }
  const last = stages.at(-1);
  if (last !== undefined) faults.push(...imageFaults(last.instructions));
  return faults;
}

interface Place {
  readonly aliases: ReadonlySet<string>;
  readonly hasSource: (path: string) => boolean;
}

function instructionFaults({ name, text, line }: Instruction, place: Place): string[] {
  const faults: string[] = [];
  if (name === 'COPY') {
    const { from, sources } = copyOf(text);
    if (from !== undefined && !place.aliases.has(from)) faults.push(`${line}: no stage ${from}`);
    const missing = from === undefined ? sources.filter((path) => !place.hasSource(path)) : [];
    for (const path of missing) faults.push(`${line}: ${path} is not in the context`);
  }
  if (name === 'RUN' && /\bnpm (?:i|install)\b/.test(text)) {
    faults.push(`${line}: npm ci installs what is locked`);
  }
  if (/^(?:ENV|ARG)$/.test(name) && /(?:TOKEN|SECRET|PASSWORD|KEY)=/i.test(text)) {
    faults.push(`${line}: a secret in a layer`);
  }
  return faults;
}

/** Of the stage that becomes the image. */
function imageFaults(instructions: readonly Instruction[]): string[] {
  const faults: string[] = [];
  const last = (name: string): string | undefined =>
    instructions.findLast((instruction) => instruction.name === name)?.text;
  const user = last('USER') ?? 'root';
  if (!/^[1-9]\d*(?::[1-9]\d*)?$/.test(user)) faults.push(`runs as ${user}, not as a number`);
  if (!isList(last('ENTRYPOINT') ?? '')) faults.push('ENTRYPOINT is no list: a shell eats signals');
  if (!isList(last('CMD') ?? '[]')) faults.push('CMD is no list');
  if (!last('HEALTHCHECK')?.includes(' CMD ')) faults.push('no HEALTHCHECK');
  if (last('STOPSIGNAL') !== 'SIGTERM') faults.push('STOPSIGNAL is not SIGTERM');
  if (last('VOLUME') === undefined) faults.push('no VOLUME');
  const installs = instructions.filter(({ text }) => /\bnpm ci\b/.test(text));
  if (installs.some(({ text }) => !text.includes('--omit=dev'))) {
    faults.push('development packages in the image');
  }
  return faults;
}

/** A `COPY`: which stage it takes from, what, and to where. */
export function copyOf(text: string): {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
} {
  const words = text.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** What the patterns of a `.dockerignore` leave of a path. */
export function isIgnored(patterns: string, path: string): boolean {
  let ignored = false;
  for (const line of patterns.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
    const isExcepted = line.startsWith('!');
    if (matches(isExcepted ? line.slice(1) : line, path)) ignored = !isExcepted;
  }
  return ignored;
}

function matches(pattern: string, path: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  const source = escaped
    .replaceAll('**/', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '(?:.*/)?');
  return new RegExp(`^${source}(?:/.*)?$`).test(path);
}

export function isList(text: string): boolean {
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list) && list.every((word) => typeof word === 'string');
  } catch {
    return false;
  }
}

function instructionsOf(text: string): Instruction[] {
  const found: Instruction[] = [];
  let open = '';
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    open += line.trim();
    if (open.endsWith('\\')) {
      open = `${open.slice(0, -1).trimEnd()} `;
      continue;
    }
    const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(open) ?? [];
    found.push({ name: name.toUpperCase(), text: rest, line: index + 1 });
    open = '';
  }
  return found;
}
