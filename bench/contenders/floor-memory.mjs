// The floors of the read, scan, open and memory rows: one file of lines `key json`, read whole.
// Mode `lazy`: a Map from key to offset into the one Buffer, JSON.parse on each read.
// Mode `ready`: a Map of decoded objects. Both make a sorted array of keys at the first scan.

import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { above } from '../lib/data.mjs';

const FILE = 'records.jsonl';
const KEY_BYTES = 16;
const LINE_FEED = 10;
const CHUNK_LINES = 10_000;

export async function probe() {}

export async function load(dir, _mode, pairs) {
  const fd = openSync(join(dir, FILE), 'w');
  let lines = [];
  const write = () => {
    if (lines.length > 0) writeSync(fd, lines.join(''));
    lines = [];
  };
  for (const [key, record] of pairs) {
    lines.push(`${key}${JSON.stringify(record)}\n`);
    if (lines.length === CHUNK_LINES) write();
  }
  write();
  closeSync(fd);
}

function readWhole(path) {
  const fd = openSync(path, 'r');
  const size = fstatSync(fd).size;
  const buffer = Buffer.allocUnsafeSlow(size);
  let at = 0;
  while (at < size) at += readSync(fd, buffer, at, size - at, at);
  closeSync(fd);
  return buffer;
}

function decode(buffer, offset) {
  const start = offset + KEY_BYTES;
  return JSON.parse(buffer.latin1Slice(start, buffer.indexOf(LINE_FEED, start)));
}

function scanLines(buffer, visit) {
  let at = 0;
  while (at < buffer.length) {
    visit(buffer.latin1Slice(at, at + KEY_BYTES), at);
    at = buffer.indexOf(LINE_FEED, at + KEY_BYTES) + 1;
  }
}

function lowerBound(sorted, key) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export async function openReads(dir, mode) {
  let buffer = readWhole(join(dir, FILE));
  const map = new Map();
  if (mode === 'lazy') scanLines(buffer, (key, at) => map.set(key, at));
  else {
    scanLines(buffer, (key, at) => map.set(key, decode(buffer, at)));
    buffer = undefined;
  }
  let sorted;
  const get =
    mode === 'lazy'
      ? (key) => {
          const at = map.get(key);
          return at === undefined ? undefined : decode(buffer, at);
        }
      : (key) => map.get(key);
  return {
    get,
    /** Sorting is paid before the clock starts, as an ordered store has paid it before. */
    prepareScan() {
      sorted = [...map.keys()].sort();
    },
    scan(prefix) {
      const end = lowerBound(sorted, above(prefix));
      let sum = 0;
      let count = 0;
      for (let i = lowerBound(sorted, prefix); i < end; i += 1) {
        sum += get(sorted[i]).qty;
        count += 1;
      }
      return { sum, count };
    },
    close: async () => {},
  };
}
