// A load of HTTP/1.1 requests over keep-alive connections, as cheap for this process as can be: the
// bytes of a request are made beforehand, of an answer only status, length and body are looked at.

import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** The bytes of one POST with a JSON body. */
export function postBytes(path, body, port) {
  const text = JSON.stringify(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/** The bytes of one GET; `headers` are lines. */
export function getBytes(path, port, headers = []) {
  const more = headers.map((line) => `${line}\r\n`).join('');
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${more}\r\n`);
}

/** One connection that has one request under way at a time. */
export class LoadConnection {
  #socket;
  #rest = Buffer.alloc(0);
  #answered;

  static async open(port) {
    const connection = new LoadConnection();
    await new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, resolve);
      socket.once('error', reject);
      connection.#socket = socket;
    });
    connection.#socket.removeAllListeners('error');
    connection.#socket.on('error', (error) => connection.#answered?.reject(error));
    connection.#socket.on('close', () => connection.#answered?.reject(new Error('cut off')));
    connection.#socket.on('data', (block) => connection.#take(block));
    return connection;
  }

  /** Sends a request; gives status and body of its answer, which must name its length. */
  send(bytes) {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  close() {
    this.#answered = undefined;
    this.#socket.destroy();
  }

  #take(block) {
    const all = this.#rest.length === 0 ? block : Buffer.concat([this.#rest, block]);
    this.#rest = all;
    const headEnd = all.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = all.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length === null) return this.#fail(`an answer without a length: ${head}`);
    const end = headEnd + HEAD_END.length + Number(length[1]);
    if (all.length < end) return;
    this.#rest = Buffer.alloc(0);
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.resolve({
      status: Number(head.slice(9, 12)),
      body: all.subarray(headEnd + HEAD_END.length, end),
    });
  }

  #fail(reason) {
    this.#answered?.reject(new Error(reason));
    this.#socket.destroy();
  }
}

/** The body of an answer that must be 200. */
export async function expectOk(answer) {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`the server answered ${status}: ${body.toString()}`);
  return body;
}

/**
 * `count` requests over `clients` connections, each sending its next when it has its answer; gives
 * requests per second. Every answer must be 200.
 */
export async function requestRate({ port, clients, count, requestAt }) {
  const connections = await Promise.all(
    Array.from({ length: clients }, () => LoadConnection.open(port)),
  );
  let next = 0;
  const run = async (connection) => {
    while (next < count) {
      await expectOk(connection.send(requestAt(next++)));
    }
  };
  try {
    const start = performance.now();
    await Promise.all(connections.map(run));
    return (count / (performance.now() - start)) * 1000;
  } finally {
    for (const connection of connections) connection.close();
  }
}
