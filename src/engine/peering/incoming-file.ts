/**
 * The one snapshot that is being received, in `<dataDir>/incoming/<id>`: bytes in order, gone on
 * with after a restart. Another id begins anew and removes what was there.
 */
import { assert } from '../../core/index.ts';
import type { Env, File } from '../../env/index.ts';
import { makeDirectories, removeTree } from '../directory.ts';

const ID = /^[0-9a-f]{32}$/;

export class IncomingFile {
  readonly #env: Env;
  readonly #directory: string;
  #id: string | undefined;
  #file: File | undefined;
  #bytes = 0;
  /** Bytes of an earlier process are in it. */
  #isResumed = false;
  #begunHere: string | undefined;

  constructor(env: Env, dataDir: string) {
    this.#env = env;
    this.#directory = env.fs.resolve(dataDir, 'incoming');
  }

  bytesHere(id: string): number {
    if (!ID.test(id)) return 0;
    if (id === this.#id) return this.#bytes;
    return this.#env.fs.stat(this.#path(id))?.sizeBytes ?? 0;
  }

  /** Appends; what is there already, or leaves a gap, is passed over. How many bytes are there. */
  store(id: string, offset: number, bytes: Uint8Array): number {
    this.#open(id);
    if (offset !== this.#bytes) return this.#bytes;
    const file = this.#file as File;
    for (let at = 0; at < bytes.length; ) {
      at += file.write(bytes, at, bytes.length - at, offset + at);
    }
    this.#bytes += bytes.length;
    return this.#bytes;
  }

  /** Everything is there: durable, closed; its path. Throws what the disk says. */
  finish(id: string): { readonly path: string; readonly isResumed: boolean } {
    // All of it may have been here before this process began.
    this.#open(id);
    this.#file?.sync();
    this.#env.fs.syncDirectory(this.#directory);
    const path = this.#path(id);
    const isResumed = this.#isResumed;
    this.close();
    return { path, isResumed };
  }

  remove(): void {
    this.close();
    removeTree(this.#env, this.#directory);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#id = undefined;
    this.#bytes = 0;
  }

  #open(id: string): void {
    assert(ID.test(id), 'the id of a snapshot is 32 hex characters');
    if (this.#id === id) return;
    this.close();
    const { fs } = this.#env;
    const path = this.#path(id);
    const stat = fs.stat(path);
    if (stat === undefined) this.remove();
    makeDirectories(this.#env, this.#directory);
    this.#file = fs.open(path, stat === undefined ? 'create' : 'readWrite');
    this.#bytes = stat?.sizeBytes ?? 0;
    this.#isResumed = stat !== undefined && id !== this.#begunHere;
    if (stat === undefined) this.#begunHere = id;
    this.#id = id;
  }

  #path(id: string): string {
    return this.#env.fs.resolve(this.#directory, id);
  }
}
