/**
 * Requests to daemons as any program makes them: HTTP/1.1 with kept connections, over TCP
 * (`http://127.0.0.1:4747`) or a local socket (`unix:/path/node.sock`). No retries.
 */
import { Agent, type IncomingHttpHeaders, request, type RequestOptions } from 'node:http';

const ANSWER_MS = 20_000;

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One caller with connections of its own. */
export class HttpAsker {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  /** The whole answer; rejects where none came, or not all of it. */
  ask(place: string, { method = 'GET', path, headers, body }: Asked): Promise<HttpAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const json: Record<string, string> =
      text === undefined ? {} : { 'content-type': 'application/json' };
    const options = { ...targetOf(place), method, path, headers: { ...json, ...headers } };
    return new Promise((resolve, reject) => {
      const sent = request({ ...options, agent: this.#agent, timeout: ANSWER_MS }, (response) => {
        let received = '';
        response.setEncoding('utf8').on('data', (block: string) => {
          received += block;
        });
        response.on('end', () => {
          const { statusCode = 0, headers: told, complete } = response;
          if (complete) resolve({ status: statusCode, headers: told, text: received });
          else reject(new Error('the answer broke off'));
        });
        response.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.on('error', reject);
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function targetOf(place: string): RequestOptions {
  if (place.startsWith('unix:')) return { socketPath: place.slice('unix:'.length) };
  const { hostname, port } = new URL(place);
  return { hostname, port };
}
