/**
 * The OpenAPI document held against what a server answers. `check` finds everything in an answer
 * that the document does not say: path, method, status, code, type, header, field. What it says and
 * nobody has seen is `missing`.
 */
import Schema from 'typebox/schema';
import { type Json, objectOf, operationsOf, resolved } from './openapi-shape.ts';

/** One request and its answer, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const PROBLEM = 'application/problem+json';
/** Headers that say something of ours; those of HTTP itself are not described. */
const OWN_HEADER = /^(?:adastra-.*|retry-after|www-authenticate|location)$/;

export class Ledger {
  readonly document: Json;
  readonly #seen = new Set<string>();

  constructor(document: Json) {
    this.document = document;
  }

  /** What the answer has beyond the document, one line each. */
  check(exchange: Exchange): string[] {
    const found = this.#operationOf(exchange);
    if (found === undefined) {
      if (exchange.status === 404 && codeOf(exchange.text) === 'unavailable') return [];
      return [`${exchange.method} ${exchange.path} is answered but not in the document`];
    }
    const { name, operation } = found;
    const response = resolved(
      this.document,
      objectOf(operation['responses'])[String(exchange.status)],
    );
    if (!('description' in response)) return [`${name}: ${exchange.status} is not documented`];
    const said = [
      ...this.#headerFaults(exchange, response),
      ...this.#bodyFaults(exchange, response),
    ];
    if (said.length === 0) this.#see(name, exchange);
    return said.map((fault) => `${name} ${exchange.status}: ${fault}`);
  }

  /** What the document says and no answer showed: `GET /v1/count 200 as text/plain`. */
  missing(): string[] {
    return this.documented().filter((each) => !this.#seen.has(each));
  }

  /** Everything that a run has to see. */
  documented(): string[] {
    return operationsOf(this.document).flatMap(({ path, method, operation }) =>
      Object.entries(objectOf(operation['responses'])).flatMap(([status, response]) => {
        const name = `${method.toUpperCase()} ${path} ${status}`;
        const contents = Object.entries(objectOf(resolved(this.document, response)['content']));
        return contents.flatMap(([type, content]) => {
          const codes = codesIn(objectOf(content));
          if (type === PROBLEM) return codes.map((code) => `${name} ${code}`);
          return [`${name} as ${type}`, ...codes.map((code) => `${name} … ${code}`)];
        });
      }),
    );
  }

  #operationOf({ method, path }: Exchange): { name: string; operation: Json } | undefined {
    const fits = operationsOf(this.document)
      .filter((each) => each.method === method.toLowerCase() && isAt(each.path, path))
      .sort((one, other) => placeholders(one.path) - placeholders(other.path));
    const [first] = fits;
    return first && { name: `${method} ${first.path}`, operation: first.operation };
  }

  #headerFaults({ headers }: Exchange, response: Json): string[] {
    const described = objectOf(response['headers']);
    const faults: string[] = [];
    for (const [name, header] of Object.entries(described)) {
      const { required, schema } = resolved(this.document, header);
      const text = headers[name];
      if (text === undefined) {
        if (required === true) faults.push(`the header ${name} is missing`);
        continue;
      }
      const value = /^\d+$/.test(text) ? Number(text) : text;
      if (!this.#fits(objectOf(schema), value)) faults.push(`the header ${name} is ${text}`);
    }
    const strange = Object.keys(headers).filter((name) => OWN_HEADER.test(name));
    for (const name of strange) {
      if (!(name in described)) faults.push(`the header ${name} is not documented`);
    }
    return faults;
  }

  #bodyFaults({ headers, text }: Exchange, response: Json): string[] {
    const type = typeOf(headers);
    const content = objectOf(response['content'])[type];
    if (content === undefined) return [`the type ${type} is not documented`];
    const { schema, 'x-events': events } = objectOf(content);
    if (type === 'application/x-ndjson') return this.#lineFaults(text, objectOf(schema));
    if (type === 'text/event-stream') return this.#eventFaults(text, objectOf(events));
    if (!/[/+]json$/.test(type)) return [];
    return this.#jsonFaults(text, objectOf(schema));
  }

  #lineFaults(text: string, schema: Json): string[] {
    if (text !== '' && !text.endsWith('\n')) return ['the last line has no end'];
    const lines = text.split('\n').slice(0, -1);
    return lines.flatMap((line) => this.#jsonFaults(line, schema));
  }

  #eventFaults(text: string, events: Json): string[] {
    return eventsIn(text).flatMap(({ event, data }) => {
      if (!(event in events)) return [`the event ${event} is not documented`];
      return this.#jsonFaults(data, objectOf(events[event]));
    });
  }

  #jsonFaults(text: string, schema: Json): string[] {
    const value = JSON.parse(text) as unknown;
    if (this.#fits(schema, value)) return [];
    const [, errors] = Schema.Errors(this.#rooted(schema), value);
    const told = errors.map(({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
    );
    return [`${told.join('; ')} in ${text.slice(0, 200)}`];
  }

  #fits(schema: Json, value: unknown): boolean {
    return Schema.Check(this.#rooted(schema), value);
  }

  /** References of the schema are found from its root. */
  #rooted(schema: Json): Json {
    return { components: this.document['components'], ...schema };
  }

  #see(name: string, { status, headers, text }: Exchange): void {
    const at = `${name} ${status}`;
    const type = typeOf(headers);
    if (type === PROBLEM) {
      this.#seen.add(`${at} ${codeOf(text)}`);
      return;
    }
    this.#seen.add(`${at} as ${type}`);
    for (const code of brokenOffBy(type, text)) this.#seen.add(`${at} … ${code}`);
  }
}

/** The media type without its parameters. */
function typeOf(headers: Exchange['headers']): string {
  return (headers['content-type'] ?? '').replace(/\s*;.*$/, '');
}

/** Whether a raw path is one of this template. */
function isAt(template: string, path: string): boolean {
  const [parts, given] = [template.split('/'), path.split('/')];
  if (parts.length !== given.length) return false;
  return parts.every((part, index) =>
    part.startsWith('{') ? given[index] !== '' : part === given[index],
  );
}

function placeholders(template: string): number {
  return template.split('{').length;
}

/** The code of a problem; `''` where there is none. */
export function codeOf(text: string): string {
  try {
    return String(objectOf(JSON.parse(text))['code'] ?? '');
  } catch {
    return '';
  }
}

/** Codes of the problems that a content has: its own, or those at the end of its stream. */
function codesIn(content: Json): string[] {
  const { schema, 'x-events': events } = content;
  const problems: unknown[] = [objectOf(events)['error'], schema];
  for (const line of (objectOf(schema)['anyOf'] ?? []) as Json[]) {
    problems.push(objectOf(line['properties'])['error']);
  }
  return problems.flatMap((problem) =>
    ((objectOf(problem)['allOf'] ?? []) as Json[]).flatMap(
      (part) => (objectOf(objectOf(part['properties'])['code'])['enum'] ?? []) as string[],
    ),
  );
}

interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

function eventsIn(text: string): ServerEvent[] {
  return text.split('\n\n').flatMap((block) => {
    const fields = new Map(
      block.split('\n').map((line) => {
        const at = line.indexOf(': ');
        return [line.slice(0, at), line.slice(at + 2)] as const;
      }),
    );
    const data = fields.get('data');
    return data === undefined ? [] : [{ event: fields.get('event') ?? 'message', data }];
  });
}

/** Codes with which a stream was broken off. */
function brokenOffBy(type: string, text: string): string[] {
  if (type.startsWith('text/event-stream')) {
    return eventsIn(text)
      .filter(({ event }) => event === 'error')
      .map(({ data }) => codeOf(data));
  }
  if (!type.startsWith('application/x-ndjson')) return [];
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  if (last === '') return [];
  const { error } = objectOf(JSON.parse(last));
  return error === undefined ? [] : [codeOf(JSON.stringify(error))];
}
