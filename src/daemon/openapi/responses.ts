/**
 * What a request can be answered with: the route's answers, and its problems by status.
 */
import type { ErrorCode } from '../../core/index.ts';
import { PROBLEM_TYPE } from '../problem.ts';
import { isDataRoute, problemsOf, WAIT_CODES } from '../route-errors.ts';
import type { Answer, Route } from '../route.ts';
import { PROBLEM } from '../schemas/problem.ts';
import { TEXT, WHOLE } from '../schemas/shapes.ts';
import type { Components, JsonObject } from './components.ts';

const header = (description: string, required: boolean): JsonObject => ({
  description,
  required,
  schema: WHOLE,
});

const FRESHNESS: Readonly<Record<string, string>> = {
  'adastra-seq': 'What this daemon has applied.',
  'adastra-log-seq': 'What the log is known to hold durably.',
  'adastra-lag-commits': 'The difference of the two.',
  'adastra-lag-ms': 'How old what is shown may be, in milliseconds.',
};

/** Headers of answers, by their names as components; those of problems may be missing. */
export const ANSWER_HEADERS: JsonObject = Object.fromEntries([
  ...Object.entries(FRESHNESS).map(([name, text]) => [name, header(text, true)]),
  ...Object.entries(FRESHNESS).map(([name, text]) => [`${name}.maybe`, header(text, false)]),
  ['retry-after', header('Seconds.', false)],
  ['www-authenticate', { ...header('Bearer', false), schema: TEXT }],
]);

const CONTENT_TYPES: Readonly<Record<Answer['type'], string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  events: 'text/event-stream',
  text: 'text/plain',
  bytes: 'application/octet-stream',
};

/** Everything that a route answers, by status. */
export function responsesOf(route: Route, components: Components): JsonObject {
  const responses: Record<string, JsonObject> = {};
  for (const answer of route.answers) {
    const status = String(answer.status ?? 200);
    const described = answerOf(route, answer, components);
    responses[status] = besides(responses[status], described);
  }
  for (const [status, codes] of problemsOf(route)) {
    const name = [status, ...codes].join('.');
    const make = (): JsonObject => problemOf(status, codes, components);
    responses[String(status)] = components.shareResponse(name, make);
  }
  return responses;
}

/** One status, several types: a list as lines, or as pages. */
function besides(before: JsonObject | undefined, answer: JsonObject): JsonObject {
  if (before === undefined) return answer;
  const content = { ...(before['content'] as object), ...(answer['content'] as object) };
  const description = `${String(before['description'])} Or: ${String(answer['description'])}`;
  return { ...before, description, content };
}

function answerOf(route: Route, answer: Answer, components: Components): JsonObject {
  const contentType = answer.contentType ?? CONTENT_TYPES[answer.type];
  return {
    description: DESCRIPTIONS[answer.type],
    ...(isDataRoute(route) ? { headers: headerRefs(Object.keys(FRESHNESS)) } : {}),
    content: { [contentType]: contentOf(answer, components) },
  };
}

const DESCRIPTIONS: Readonly<Record<Answer['type'], string>> = {
  json: 'Done.',
  ndjson: 'One record a line. A last line {"error": …} tells what broke it off.',
  events: 'Server-sent events, as x-events names them with the schema of their data.',
  text: 'Text.',
  bytes: 'Bytes.',
};

/** JSON by its schema; of a stream the schema of what it is a stream of. */
function contentOf(answer: Answer, components: Components): JsonObject {
  const { type, schema, events = {} } = answer;
  if (type === 'bytes') return {};
  if (schema === undefined) return { schema: TEXT };
  const record = components.refer(schema);
  if (type === 'json' || type === 'text') return { schema: record };
  const failure = failureSchema(answer, components);
  if (type === 'ndjson') {
    if (failure === undefined) return { schema: record };
    const line = { type: 'object', required: ['error'], properties: { error: failure } };
    return { schema: { anyOf: [record, line] } };
  }
  const others = Object.entries(events).map(([name, each]) => [name, components.refer(each)]);
  const told = { commit: record, ...Object.fromEntries(others), end: { type: 'object' } };
  return { schema: TEXT, 'x-events': { ...told, ...(failure && { error: failure }) } };
}

/** Of the problem that a stream ends with when it is broken off. */
function failureSchema({ failures = [] }: Answer, components: Components): JsonObject | undefined {
  if (failures === 'none') return undefined;
  return problemSchema(['io_error', 'closed', ...failures], components);
}

function problemOf(
  status: number,
  codes: readonly ErrorCode[],
  components: Components,
): JsonObject {
  const waits = codes.some((code) => WAIT_CODES.has(code));
  return {
    description: codes.join(', '),
    headers: {
      ...headerRefs(Object.keys(FRESHNESS), '.maybe'),
      ...headerRefs(waits ? ['retry-after'] : []),
      ...headerRefs(status === 401 ? ['www-authenticate'] : []),
    },
    content: { [PROBLEM_TYPE]: { schema: problemSchema(codes, components, status) } },
  };
}

function problemSchema(
  codes: readonly ErrorCode[],
  components: Components,
  status?: number,
): JsonObject {
  const one = status === undefined ? {} : { status: { const: status } };
  const properties = { ...one, code: { enum: [...new Set(codes)] } };
  return { allOf: [components.refer(PROBLEM), { type: 'object', properties }] };
}

function headerRefs(names: readonly string[], kind = ''): JsonObject {
  return Object.fromEntries(
    names.map((name) => [name, { $ref: `#/components/headers/${name}${kind}` }]),
  );
}
