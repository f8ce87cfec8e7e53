/**
 * The fields of a query, each once, decoded once and strictly. What the schema says is a number, a
 * boolean or a list is read as one where it looks like one, else left as text for the schema to
 * refuse.
 */
import type { TObject, TSchema } from 'typebox';
import { AdastraError } from '../core/index.ts';
import { decodeOnce } from './percent.ts';

/** The query of a request target; a list is a field that is given several times. */
export function queryFields(target: string, schema: TObject | undefined): Record<string, unknown> {
  // Not an object literal: `__proto__` is a name like any other.
  const fields = Object.create(null) as Record<string, unknown>;
  const at = target.indexOf('?');
  if (at === -1) return fields;
  const properties = (schema?.properties ?? {}) as Record<string, TSchema>;
  for (const part of target.slice(at + 1).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodeOnce(equals === -1 ? part : part.slice(0, equals), true);
    const text = equals === -1 ? '' : decodeOnce(part.slice(equals + 1), true);
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    add(fields, { name, text, kind: kindOf(property) });
  }
  return fields;
}

function add(
  fields: Record<string, unknown>,
  { name, text, kind }: { name: string; text: string; kind: string | undefined },
): void {
  if (kind === 'array') {
    const before = (fields[name] ?? []) as string[];
    fields[name] = [...before, text];
    return;
  }
  if (name in fields) {
    throw new AdastraError('invalid_argument', `the field ${JSON.stringify(name)} is given twice`, {
      details: { field: name },
    });
  }
  fields[name] = converted(text, kind);
}

function converted(text: string, kind: string | undefined): unknown {
  if (kind === 'integer' && /^[0-9]{1,16}$/.test(text)) return Number(text);
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function kindOf(property: TSchema | undefined): string | undefined {
  const typed: { readonly type?: string } | undefined = property;
  return typed?.type;
}
