// The floor of the write rows: what any log with a hash map must at least do on this machine.
// Frame [length][crc32][key][value] into one buffer, one writeSync and one fdatasync a group, one
// promise a put, a Map entry. No ordered index, no checkpoint, no history, nothing for sync.
//
// Modes: `sync1` writes and fdatasyncSyncs in the call; `async1` the same through fs.fdatasync;
// `turn` gathers the puts of one event-loop turn into one group (fdatasyncSync); `os` does the same
// without any sync.

import { closeSync, fdatasync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';

const BUFFER_BYTES = 4 * 1024 * 1024;
const GROUP_BYTES = 1024 * 1024;
const HEADER_BYTES = 8;
const fdatasyncAsync = promisify(fdatasync);

export async function probe() {
  if (typeof crc32 !== 'function') throw new Error('zlib.crc32 is missing (Node 20.15 or newer)');
}

class RawLog {
  buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  used = 0;
  map = new Map();
  waiting = [];
  scheduled = false;

  constructor(dir, durable) {
    this.fd = openSync(join(dir, 'raw.log'), 'a');
    this.durable = durable;
  }

  frame(key, value) {
    const start = this.used;
    const body = start + HEADER_BYTES;
    const keyBytes = this.buffer.latin1Write(key, body);
    this.buffer.set(value, body + keyBytes);
    const end = body + keyBytes + value.length;
    this.buffer.writeUInt32LE(end - body, start);
    this.buffer.writeUInt32LE(crc32(this.buffer.subarray(body, end)), start + 4);
    this.used = end;
    this.map.set(key, value);
  }

  write() {
    writeSync(this.fd, this.buffer, 0, this.used);
    this.used = 0;
    if (this.durable) fdatasyncSync(this.fd);
  }

  /** One promise a put; the group ends with the turn, or when it is large. */
  put(key, value) {
    this.frame(key, value);
    const promise = new Promise((resolve) => this.waiting.push(resolve));
    if (this.used >= GROUP_BYTES) this.flush();
    else if (!this.scheduled) {
      this.scheduled = true;
      setImmediate(() => this.flush());
    }
    return promise;
  }

  flush() {
    this.scheduled = false;
    if (this.used === 0) return;
    this.write();
    const resolved = this.waiting;
    this.waiting = [];
    for (const resolve of resolved) resolve();
  }
}

export async function openWrites(dir, mode) {
  const log = new RawLog(dir, mode !== 'os');
  return {
    put: putOf(log, mode),
    async transact(keys, values) {
      for (let i = 0; i < keys.length; i += 1) log.frame(keys[i], values[i]);
      log.write();
    },
    window: Infinity,
    has: (key) => log.map.has(key),
    close: async () => closeSync(log.fd),
  };
}

function putOf(log, mode) {
  if (mode === 'sync1') {
    return async (key, value) => {
      log.frame(key, value);
      log.write();
    };
  }
  if (mode === 'async1') {
    return async (key, value) => {
      log.frame(key, value);
      writeSync(log.fd, log.buffer, 0, log.used);
      log.used = 0;
      await fdatasyncAsync(log.fd);
    };
  }
  return (key, value) => log.put(key, value);
}
