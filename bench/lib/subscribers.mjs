// Readers of a daemon's event stream, as cheap as can be, so that many fit into one process: of what
// comes, only the seq of each commit is read (`id: SEQ.DIGEST`, `event: commit`), and that each is above
// the one before.

import { connect } from 'node:net';

const ID = Buffer.from('\nid: ');
const EVENT = '\nevent: ';
/** `c` of `commit`. */
const COMMIT = 0x63;
const DOT = 0x2e;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const LONGEST_ID = 40;

/** One subscriber of `/v1/stream`, from now on. */
class Subscriber {
  count = 0;
  sum = 0;
  last = 0;
  fault;
  #rest = Buffer.alloc(0);
  #socket;

  static open(port, path) {
    const one = new Subscriber();
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' }, () => {
        socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
      });
      one.#socket = socket;
      socket.once('error', reject);
      socket.once('data', (bytes) => {
        const head = bytes.toString('latin1');
        if (!head.startsWith('HTTP/1.1 200')) return reject(new Error(head.slice(0, 300)));
        socket.on('data', (block) => one.#take(block));
        one.#take(bytes);
        resolve(one);
      });
      socket.on('close', () => (one.fault ??= 'cut off'));
    });
  }

  close() {
    this.#socket.destroy();
  }

  #take(block) {
    const bytes = this.#rest.length === 0 ? block : Buffer.concat([this.#rest, block]);
    let at = 0;
    for (;;) {
      const id = bytes.indexOf(ID, at);
      if (id === -1) break;
      const end = bytes.indexOf(NEWLINE, id + 1);
      const kind = end + EVENT.length;
      if (end === -1 || kind >= bytes.length) {
        this.#rest = bytes.subarray(id);
        return;
      }
      if (bytes[kind] === COMMIT) this.#note(seqIn(bytes, id + ID.length));
      at = end;
    }
    this.#rest = bytes.subarray(Math.max(at, bytes.length - LONGEST_ID));
  }

  #note(seq) {
    if (seq <= this.last) this.fault ??= `${seq} came behind ${this.last}`;
    this.last = seq;
    this.count += 1;
    this.sum += seq;
  }
}

function seqIn(bytes, from) {
  let seq = 0;
  for (let at = from; bytes[at] !== DOT && bytes[at] !== NEWLINE; at += 1) {
    seq = seq * 10 + (bytes[at] - ZERO);
  }
  return seq;
}

/** The peer process of the rows with subscribers. */
export function subscriberRole() {
  const all = [];
  return {
    async open(port, count, path) {
      const step = 50;
      for (let i = 0; i < count; i += step) {
        const some = Array.from({ length: Math.min(step, count - i) }, () =>
          Subscriber.open(port, path),
        );
        all.push(...(await Promise.all(some)));
      }
    },
    /** How many have seen just these, by number and sum of their seqs, and what went wrong. */
    seen(count, sum) {
      const fault = all.find((one) => one.fault !== undefined)?.fault;
      const whole = all.filter((one) => one.count === count && one.sum === sum).length;
      return { whole, fault };
    },
    close() {
      for (const one of all) one.close();
    },
  };
}
