/**
 * Folders of one test, removed behind it; and their contents as a map, to make altered copies of.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Files below a folder: bytes by relative path. */
export type Image = ReadonlyMap<string, Uint8Array>;

/** An empty folder, gone when the running test ends. */
export function testFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `adastra-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file below a folder. */
export function imageOf(folder: string): Map<string, Uint8Array> {
  const image = new Map<string, Uint8Array>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    image.set(path.slice(folder.length + 1), readFileSync(path));
  }
  return image;
}

/** Writes the files of an image into a folder that is made anew. */
export function writeImage(folder: string, image: Image): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, bytes] of image) {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, bytes);
  }
}

/** A copy with other bytes for one file, or without it. */
export function withFile(image: Image, path: string, bytes: Uint8Array | undefined): Image {
  const copy = new Map(image);
  if (bytes === undefined) copy.delete(path);
  else copy.set(path, bytes);
  return copy;
}

/** A copy with one byte of one file changed by `mask`. */
export function withFlip(image: Image, path: string, offset: number, mask: number): Image {
  const bytes = Uint8Array.from(fileOf(image, path));
  bytes[offset] = (bytes[offset] as number) ^ mask;
  return withFile(image, path, bytes);
}

/** The bytes of one file; throws where it is not there. */
export function fileOf(image: Image, path: string): Uint8Array {
  const bytes = image.get(path);
  if (bytes === undefined) throw new Error(`no file ${path} in ${[...image.keys()].join(', ')}`);
  return bytes;
}

/** Paths below one folder of the image, sorted. */
export function pathsIn(image: Image, folder: string): string[] {
  return [...image.keys()].filter((path) => path.startsWith(`${folder}/`)).toSorted();
}
