/** One request of an exercise, sent, and its answer. */
import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http';
import type { Ask } from './exercise.ts';
import type { Exchange } from './ledger.ts';

/** A socket, or a server on TCP and the token that it is called with. */
export type Place = string | { readonly url: string; readonly token?: string };

/** Sends `ask` to a route: `PUT /v1/entries/{key}`. */
export async function exchange(place: Place, route: string, ask: Ask): Promise<Exchange> {
  const [method = '', template = ''] = route.split(' ');
  const path = template.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(ask.params?.[name] ?? ''),
  );
  const target = ask.query === undefined ? path : `${path}?${ask.query}`;
  const body = ask.body === undefined ? undefined : JSON.stringify(ask.body);
  const length = ask.announce ?? (body === undefined ? undefined : Buffer.byteLength(body));
  const headers = {
    ...(typeof place === 'object' && place.token !== undefined
      ? { authorization: `Bearer ${place.token}` }
      : {}),
    ...(length === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(length) }),
    ...ask.headers,
  };
  const sent = request({ ...addressOf(place), agent: false, method, path: target, headers });
  if (ask.announce === undefined) sent.end(body);
  else sent.flushHeaders();
  const response = await answerTo(sent);
  const text = await textOf(response, ask.until);
  sent.destroy();
  const told = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
  return {
    method,
    path,
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(told) as Record<string, string>,
    text,
  };
}

function addressOf(place: Place): RequestOptions {
  if (typeof place === 'string') return { socketPath: place };
  const { hostname, port } = new URL(place.url);
  return { host: hostname, port };
}

function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', reject);
  });
}

async function textOf(response: IncomingMessage, until: string | undefined): Promise<string> {
  let text = '';
  for await (const block of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += block;
    if (until !== undefined && text.includes(until) && text.endsWith('\n')) break;
  }
  return text;
}
