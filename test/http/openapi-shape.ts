/**
 * What an OpenAPI 3.1 document must be for tools to take it: the parts that the specification asks
 * for, names that are declared, references that lead somewhere, ids that are there once.
 */

export type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const IN_OPERATION = [
  'operationId',
  'tags',
  'summary',
  'description',
  'security',
  'parameters',
  'requestBody',
  'responses',
];

export function objectOf(value: unknown): Json {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Json) : {};
}

/** What a `#/…` reference names; `undefined` where it leads nowhere. */
export function resolveRef(document: Json, ref: string): unknown {
  if (!ref.startsWith('#/')) return undefined;
  let at: unknown = document;
  for (const part of ref.slice(2).split('/')) {
    at = objectOf(at)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at;
}

/** A document with another value where these names lead; without one where it is `undefined`. */
export function spoilt(at: Json, [name = '', ...rest]: readonly string[], value: unknown): Json {
  if (rest.length > 0) return { ...at, [name]: spoilt(objectOf(at[name]), rest, value) };
  const { [name]: _before, ...others } = at;
  return value === undefined ? others : { ...others, [name]: value };
}

/** What stands there, or what the reference there leads to. */
export function resolved(document: Json, at: unknown): Json {
  const { $ref } = objectOf(at);
  return objectOf(typeof $ref === 'string' ? resolveRef(document, $ref) : at);
}

/** The operations of a document with where they stand. */
export function operationsOf(document: Json): { path: string; method: string; operation: Json }[] {
  return Object.entries(objectOf(document['paths'])).flatMap(([path, item]) =>
    Object.entries(objectOf(item)).map(([method, operation]) => ({
      path,
      method,
      operation: objectOf(operation),
    })),
  );
}

/** Everything that is wrong, one line each. */
export function shapeFaults(document: Json): string[] {
  return [
    ...headFaults(document),
    ...refFaults(document),
    ...idFaults(document),
    ...operationsOf(document).flatMap((place) => operationFaults(document, place)),
  ];
}

function headFaults(document: Json): string[] {
  const faults: string[] = [];
  if (!/^3\.1\.\d+$/.test(String(document['openapi']))) faults.push('it is not OpenAPI 3.1');
  const info = objectOf(document['info']);
  for (const name of ['title', 'version']) {
    if (typeof info[name] !== 'string') faults.push(`info has no ${name}`);
  }
  const schemas = objectOf(objectOf(document['components'])['schemas']);
  for (const name of Object.keys(schemas)) {
    if (!/^[A-Za-z0-9._-]+$/.test(name)) faults.push(`a schema cannot be named ${name}`);
  }
  return faults;
}

function refFaults(document: Json): string[] {
  const used = new Set<string>();
  JSON.stringify(document, (name: string, value: unknown) => {
    if (name === '$ref') used.add(String(value));
    return value;
  });
  const lost = [...used].filter((ref) => resolveRef(document, ref) === undefined);
  const components = objectOf(document['components']);
  const declared = ['schemas', 'responses', 'parameters', 'headers'].flatMap((kind) =>
    Object.keys(objectOf(components[kind])).map((name) => `#/components/${kind}/${name}`),
  );
  return [
    ...lost.map((ref) => `${ref} leads nowhere`),
    ...declared.filter((ref) => !used.has(ref)).map((ref) => `${ref} is used nowhere`),
  ];
}

function idFaults(document: Json): string[] {
  const ids = operationsOf(document).map(({ operation }) => String(operation['operationId']));
  return ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `${id} is there twice`);
}

interface Place {
  readonly path: string;
  readonly method: string;
  readonly operation: Json;
}

function operationFaults(document: Json, { path, method, operation }: Place): string[] {
  const faults: string[] = [];
  if (!path.startsWith('/')) faults.push('the path does not begin with /');
  if (!METHODS.includes(method)) faults.push('there is no such method');
  for (const name of Object.keys(operation)) {
    if (!IN_OPERATION.includes(name) && !name.startsWith('x-')) faults.push(`${name} is unknown`);
  }
  const tags = (document['tags'] as Json[]).map(({ name }) => name);
  for (const tag of operation['tags'] as string[]) {
    if (!tags.includes(tag)) faults.push(`the tag ${tag} is not declared`);
  }
  const schemes = objectOf(objectOf(document['components'])['securitySchemes']);
  for (const name of (operation['security'] as Json[]).flatMap(Object.keys)) {
    if (!(name in schemes)) faults.push(`the security scheme ${name} is not declared`);
  }
  const all = [...faults, ...parameterFaults(document, { path, method, operation })];
  return [...all, ...responseFaults(document, operation)].map(
    (fault) => `${method.toUpperCase()} ${path}: ${fault}`,
  );
}

function parameterFaults(document: Json, { path, operation }: Place): string[] {
  const given = ((operation['parameters'] ?? []) as Json[]).map((each) => resolved(document, each));
  const faults: string[] = [];
  const places = given.map(({ in: where, name }) => `${String(where)} ${String(name)}`);
  for (const [index, place] of places.entries()) {
    if (places.indexOf(place) < index) faults.push(`${place} is there twice`);
  }
  for (const parameter of given) {
    if (!('schema' in parameter)) faults.push(`${String(parameter['name'])} has no schema`);
    if (parameter['in'] === 'path' && !('description' in parameter)) {
      faults.push(`${String(parameter['name'])} needs a description in openapi/parameters.ts`);
    }
  }
  const named = given.filter((each) => each['in'] === 'path');
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  const isNeeded = named.every(({ required }) => required === true);
  if (!isNeeded || String(named.map(({ name }) => name)) !== String(inPath)) {
    faults.push('its path parameters are not those of its path');
  }
  return faults;
}

function responseFaults(document: Json, operation: Json): string[] {
  const responses = Object.entries(objectOf(operation['responses']));
  const faults = responses.length === 0 ? ['it has no response'] : [];
  for (const [status, response] of responses) {
    const { description, content } = resolved(document, response);
    if (!/^[1-5]\d\d$/.test(status)) faults.push(`${status} is no status`);
    if (typeof description !== 'string') faults.push(`${status} has no description`);
    for (const type of Object.keys(objectOf(content))) {
      if (!/^[a-z]+\/[a-z.+-]+(?:;.*)?$/.test(type)) faults.push(`${type} is no media type`);
    }
  }
  return faults;
}
