/**
 * What a validator found, as the one error that a caller gets: the first fault that says most, with
 * the field that it is about.
 */
import { AdastraError } from '../core/index.ts';

/** One finding of the validator. */
export interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** `invalid_argument` that names the field: `operations[0].op`. */
export function schemaFault(findings: readonly Finding[], where: 'query' | 'body'): AdastraError {
  const extra = findings.find(({ keyword }) => keyword === 'additionalProperties');
  const finding = extra ?? findings[0];
  const { field, message } = described(finding);
  const what = field === '' ? `the ${where}` : `the field ${JSON.stringify(field)}`;
  return new AdastraError('invalid_argument', `${what} ${message}`, { details: { field } });
}

function described(finding: Finding | undefined): { field: string; message: string } {
  if (finding === undefined) return { field: '', message: 'is not as it should be' };
  const { keyword, instancePath, message } = finding;
  const path = fieldOf(instancePath);
  const params = finding.params as {
    readonly additionalProperties?: readonly string[];
    readonly requiredProperties?: readonly string[];
  };
  const name = params.additionalProperties?.[0] ?? params.requiredProperties?.[0];
  const field = name === undefined ? path : joined(path, name);
  if (keyword === 'additionalProperties') return { field, message: 'is not known here' };
  if (keyword === 'required') return { field, message: 'is missing' };
  return { field, message };
}

/** `/operations/0/op` as `operations[0].op`. */
function fieldOf(pointer: string): string {
  let field = '';
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    field = /^[0-9]+$/.test(name) ? `${field}[${name}]` : joined(field, name);
  }
  return field;
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
