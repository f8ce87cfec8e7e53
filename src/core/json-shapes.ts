/**
 * The orders of keys that JSON objects were seen with, as a tree: from the root one step for each
 * key, known by its bytes with quotes and colon. A reader that walks along compares bytes and gets
 * the key as a string that exists already, so that objects of a known shape cost no key strings.
 *
 * Bounded: keys that never repeat (ids as keys) fill the tree, then unknown keys are left to
 * `JSON.parse`; after many of those the tree begins anew.
 */
import { copyBytes } from './byte-run.ts';
import { readUtf8 } from './text.ts';

const SHAPES_MAX = 1024;
const KEYS_MAX = 64;
const REFUSALS_MAX = 65_536;
const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** A place in the tree: the keys so far, the last of which is `key`. */
export class JsonShape {
  readonly key: string;
  /** The bytes `"key":`. */
  readonly label: Uint8Array;
  /** How many keys came before. */
  readonly index: number;
  /** The step that was taken last. */
  likely: JsonShape | undefined = undefined;
  /** All steps by the hash of their key. */
  steps: Map<number, JsonShape> | undefined = undefined;

  constructor(key: string, label: Uint8Array, index: number) {
    this.key = key;
    this.label = label;
    this.index = index;
  }

  /** Whether `source` has this key at `at`. */
  isAt(source: Uint8Array, at: number): boolean {
    const { label } = this;
    for (let index = 0; index < label.length; index++) {
      if (label[index] !== source[at + index]) return false;
    }
    return true;
  }
}

export class JsonShapes {
  /** No key yet. */
  root: JsonShape = newRoot();
  #count = 0;
  #refusals = 0;

  /**
   * The step from `shape` by the key whose opening quote is at `at`, learned if it is new;
   * `undefined` where the tree is full or the key is none for it (has escapes, or does not end
   * before `end`).
   */
  step(shape: JsonShape, source: Uint8Array, at: number, end: number): JsonShape | undefined {
    if (source[at] !== QUOTE) return undefined;
    let hash = 0;
    let close = at + 1;
    for (; source[close] !== QUOTE; close++) {
      if (close >= end || source[close] === BACKSLASH) return undefined;
      hash = (Math.imul(hash, 31) + (source[close] as number)) | 0;
    }
    const known = shape.steps?.get(hash);
    if (known === undefined) return this.#learn(shape, hash, source, at, close);
    if (known.label.length !== close + 2 - at || !known.isAt(source, at)) return undefined;
    shape.likely = known;
    return known;
  }

  #learn(
    shape: JsonShape,
    hash: number,
    source: Uint8Array,
    at: number,
    close: number,
  ): JsonShape | undefined {
    const key = readUtf8(source, at + 1, close, true);
    if (source[close + 1] !== COLON || key === '__proto__') return undefined;
    if (this.#count >= SHAPES_MAX || shape.index + 1 >= KEYS_MAX) return this.#refuse();
    this.#count++;
    const step = new JsonShape(key, copyBytes(source, at, close + 2), shape.index + 1);
    shape.steps ??= new Map<number, JsonShape>();
    shape.steps.set(hash, step);
    shape.likely = step;
    return step;
  }

  #refuse(): undefined {
    if (++this.#refusals < REFUSALS_MAX) return;
    this.root = newRoot();
    this.#count = 0;
    this.#refusals = 0;
  }
}

function newRoot(): JsonShape {
  return new JsonShape('', new Uint8Array(0), -1);
}
