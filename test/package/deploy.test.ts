/**
 * What `deploy/` offers: the unit by systemd's own verification, the Dockerfile by its parser's
 * eyes and by doing its steps here without Docker, the alerts by the metrics that they name.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandTable } from '../../src/cli/command-table.ts';
import { parseArguments } from '../../src/cli/parser.ts';
import { ADASTRA, startAdastra } from '../support/adastra-process.ts';
import { copyOf, dockerfileFaults, isIgnored, readDockerfile } from '../support/dockerfile.ts';
import { readExposition } from '../support/exposition.ts';
import { TIMEOUT_MS } from '../support/long.ts';
import { ROOT } from '../support/repository.ts';
import { hasProgram, skipFor } from '../support/skip.ts';

const DEPLOY = join(ROOT, 'deploy');
const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-deploy-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `adastra …` of a text means what the program understands. */
function isUnderstood(line: string): boolean {
  const [program, ...argv] = line.split(/\s+/);
  return program === 'adastra' && parseArguments(commandTable, argv).kind === 'command';
}

describe('adastra.service', () => {
  const unit = read('adastra.service');
  const valueOf = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

  function verify(text: string): { status: number | null; output: string } {
    const path = join(folder, 'adastra.service');
    writeFileSync(path, text.replaceAll(/^(ExecStart=)adastra/gm, `$1${process.execPath}`));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', path], {
      encoding: 'utf8',
    });
    // Others of this machine are loaded with it; what they say is not ours.
    const lines = `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line.includes('adastra.service'));
    return { status, output: lines.join('\n') };
  }

  it('is what systemd understands', (context) => {
    if (!hasProgram('systemd-analyze')) skipFor(context, 'apt-get install systemd');
    expect(verify(unit).output).toBe('');
    expect(verify(unit.replace('ProtectHome=yes', 'ProtectHme=yes')).output).toContain('Unknown');
    expect(verify(unit.replace('Restart=on-failure', 'Restart=now')).output).not.toBe('');
  });

  it('is shut in', (context) => {
    if (!hasProgram('systemd-analyze')) skipFor(context, 'apt-get install systemd');
    const exposed = (text: string): number => {
      const path = join(folder, 'adastra.service');
      writeFileSync(path, text);
      const args = ['security', '--offline=yes', '--no-pager', '--threshold=25', path];
      return spawnSync('systemd-analyze', args, { encoding: 'utf8' }).status ?? -1;
    };
    expect(exposed(unit)).toBe(0);
    expect(exposed(unit.replaceAll(/^(?:Protect|Private|Restrict).*$/gm, ''))).not.toBe(0);
  });

  it('runs commands that there are', () => {
    expect(isUnderstood(valueOf('ExecStart'))).toBe(true);
    expect(isUnderstood('adastra serv')).toBe(false);
    expect(valueOf('MemoryDenyWriteExecute')).toBe('');
    const stopSeconds = Number(valueOf('TimeoutStopSec'));
    // Grace of requests, then each part of a node that has peers.
    expect(stopSeconds).toBeGreaterThan(10 + 3 + 3);
  });

  it('makes the world at the first start, and leaves it alone later', () => {
    const script = /-c '(.*)'$/.exec(valueOf('ExecStartPre'))?.[1]?.replaceAll('$$', '$') ?? '';
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const shim = `#!/bin/sh\nexec ${process.execPath} ${ADASTRA} "$@"\n`;
    writeFileSync(join(bin, 'adastra'), shim, { mode: 0o755 });
    const env = { PATH: `${bin}:/usr/bin:/bin`, ADASTRA_DATA: join(folder, 'data') };
    const start = (): number | null => spawnSync('sh', ['-c', script], { env }).status;
    expect(start()).toBe(0);
    const key = readFileSync(join(folder, 'data/identity/node.json'), 'utf8');
    expect(start()).toBe(0);
    expect(readFileSync(join(folder, 'data/identity/node.json'), 'utf8')).toBe(key);
    const elsewhere = { ...env, ADASTRA_DATA: '/proc/nowhere' };
    expect(spawnSync('sh', ['-c', script], { env: elsewhere }).status).not.toBe(0);
  });
});

describe('Dockerfile', () => {
  const text = read('Dockerfile');
  const ignored = read('Dockerfile.dockerignore');
  const hasSource = (path: string): boolean =>
    existsSync(join(ROOT, path)) && !isIgnored(ignored, path.replace(/^\.\//, ''));

  it('has no fault', () => {
    expect(dockerfileFaults(text, hasSource)).toEqual([]);
    expect(hasSource('src/cli/main.ts')).toBe(true);
    for (const path of ['src/core/key.test.ts', '.git', 'node_modules', 'adastra-data', 'dist'])
      expect(isIgnored(ignored, path), path).toBe(true);
  });

  it.each([
    ['FROM node:22-bookworm-slim\n', 'FROM node:latest\n'],
    ['FROM node:22-bookworm-slim AS build', 'FRM node:22-bookworm-slim AS build'],
    ['USER 10001:10001', 'USER root'],
    ['USER 10001:10001', ''],
    ['COPY src ./src', 'COPY sources ./src'],
    ['COPY src ./src', 'ADD src ./src'],
    ['--from=build', '--from=builder'],
    ['ENTRYPOINT ["adastra"]', 'ENTRYPOINT adastra'],
    ['npm ci --omit=dev', 'npm ci'],
    ['npm ci --omit=dev', 'npm install --omit=dev'],
    ['ENV NO_COLOR=1', 'ENV ADASTRA_TOKEN=adt_1'],
    ['STOPSIGNAL SIGTERM', 'STOPSIGNAL SIGKILL'],
    ['VOLUME /data', ''],
    ['HEALTHCHECK', '# HEALTHCHECK'],
  ])('is refused with %j as %j', (from, to) => {
    expect(text).toContain(from);
    expect(dockerfileFaults(text.replaceAll(from, to), hasSource)).not.toEqual([]);
  });

  it('runs what there is', () => {
    const [, image] = readDockerfile(text).stages;
    const textOf = (name: string): string =>
      image?.instructions.find((instruction) => instruction.name === name)?.text ?? '';
    const words = ['ENTRYPOINT', 'CMD'].flatMap((name) => JSON.parse(textOf(name)) as string[]);
    expect(isUnderstood(words.join(' '))).toBe(true);
    const probe = /CMD (.*) \|\| exit 1$/.exec(textOf('HEALTHCHECK'))?.[1] ?? '';
    expect(isUnderstood(probe)).toBe(true);
    const port = commandTable
      .find(({ name }) => name === 'serve')
      ?.options?.find(({ flags }) => flags.startsWith('--port'));
    expect(port?.about).toContain(textOf('EXPOSE'));
  });

  it('does its steps here: installs, starts, is healthy, stops', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const image = join(folder, 'image');
    mkdirSync(image);
    for (const { name, text: words } of readDockerfile(text).stages.at(-1)?.instructions ?? []) {
      if (name === 'COPY') copyHere(words, image);
      const install = /^npm ci [^&]*/.exec(words)?.[0];
      if (name === 'RUN' && install !== undefined) {
        const args = [...install.trim().split(/\s+/).slice(1), '--prefer-offline'];
        const { status, stderr } = spawnSync('npm', args, { cwd: image, encoding: 'utf8' });
        expect(status, stderr).toBe(0);
      }
    }
    expect(existsSync(join(image, 'node_modules/hono'))).toBe(true);
    expect(existsSync(join(image, 'node_modules/vitest'))).toBe(false);
    const program = join(image, 'dist/cli/main.js');
    const call = (...argv: string[]): { status: number | null; stdout: string } =>
      spawnSync(process.execPath, [program, ...argv], { cwd: folder, encoding: 'utf8' });
    expect(call('init').status).toBe(0);
    const node = startAdastra(folder, ['serve', '--json', '--log-format', 'json', '--port', '0'], {
      program,
    });
    await node.see('"ready":true');
    expect(call('daemon', 'status', '--ready').status).toBe(0);
    node.child.kill('SIGTERM');
    expect((await node.ended).code).toBe(0);
    expect(call('daemon', 'status', '--ready').status).not.toBe(0);
  });

  function copyHere(words: string, image: string): void {
    const { from, sources, target } = copyOf(words);
    for (const source of sources) {
      const path = from === undefined ? source : basename(source);
      const to = target.endsWith('/') ? join(image, basename(path)) : join(image, target);
      cpSync(join(ROOT, path), to, { recursive: true });
    }
  }
});

describe('alerts.yml', () => {
  const names = (text: string): string[] => {
    const found = text.matchAll(/\b(?:adastra|process|nodejs)_[a-z_]+\b/g);
    return [...new Set([...found].map(([name]) => name))];
  };

  it('asks for metrics that there are', { timeout: TIMEOUT_MS }, async () => {
    const known = await metricNames();
    const missing = (text: string): string[] => names(text).filter((name) => !known.has(name));
    expect(missing(read('alerts.yml'))).toEqual([]);
    expect(missing(readFileSync(join(ROOT, 'docs/operating.md'), 'utf8'))).toEqual([]);
    expect(missing('adastra_comits_total > 1')).toEqual(['adastra_comits_total']);
    expect(names(read('alerts.yml')).length).toBeGreaterThan(10);
  });

  /** Of sources rather than of one node: some come only where there is a peer or a refusal. */
  async function metricNames(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const file of ['node', 'peer', 'projection', 'server', 'process']) {
      const text = readFileSync(join(ROOT, `src/daemon/metrics/${file}-families.ts`), 'utf8');
      for (const name of names(text)) found.add(name);
    }
    found.add('adastra_ready');
    expect(spawnSync(process.execPath, [ADASTRA, 'init'], { cwd: folder }).status).toBe(0);
    const node = startAdastra(folder, ['serve', '--json', '--port', '0']);
    await node.see('"url":');
    await node.see('"ready":true');
    const file = JSON.parse(readFileSync(join(folder, 'adastra-data/node.json'), 'utf8')) as {
      url: string;
    };
    const exposition = readExposition(await (await fetch(`${file.url}/metrics`)).text());
    node.child.kill('SIGKILL');
    await node.ended;
    for (const [name, type] of exposition.types) {
      expect(found, name).toContain(name);
      if (type === 'histogram')
        for (const end of ['bucket', 'sum', 'count']) found.add(`${name}_${end}`);
    }
    return found;
  }
});
