/**
 * The fields of a request, from its query or its JSON body, taken one by one and checked as they
 * are; what nobody took is unknown and refused, so that a misspelt option is never passed over.
 * Every fault is `invalid_argument` and names the field.
 */
import { AdastraError } from '../core/index.ts';

/** Take fields, then call `done`. */
export class RequestFields {
  readonly #source: ReadonlyMap<string, unknown>;
  /** In a query everything is text. */
  readonly #isQuery: boolean;
  readonly #taken = new Set<string>();

  private constructor(source: ReadonlyMap<string, unknown>, isQuery: boolean) {
    this.#source = source;
    this.#isQuery = isQuery;
  }

  /** Of what stands behind the `?` of a target; each name once, decoded once and strictly. */
  static ofQuery(target: string): RequestFields {
    const at = target.indexOf('?');
    const source = new Map<string, unknown>();
    for (const part of at === -1 ? [] : target.slice(at + 1).split('&')) {
      if (part === '') continue;
      const equals = part.indexOf('=');
      const name = decodeOnce(equals === -1 ? part : part.slice(0, equals), true);
      if (source.has(name)) throw unfit(name, 'is given twice');
      source.set(name, equals === -1 ? '' : decodeOnce(part.slice(equals + 1), true));
    }
    return new RequestFields(source, true);
  }

  /** Of a parsed body, which must be an object. */
  static ofBody(body: unknown): RequestFields {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new AdastraError('invalid_argument', 'the body must be a JSON object');
    }
    return new RequestFields(new Map(Object.entries(body)), false);
  }

  /** The field as it is; `undefined` where it is missing. */
  raw(name: string): unknown {
    this.#taken.add(name);
    return this.#source.get(name);
  }

  has(name: string): boolean {
    return this.#source.has(name);
  }

  text(name: string): string | undefined {
    const item = this.raw(name);
    if (item === undefined || typeof item === 'string') return item;
    throw unfit(name, 'must be a string');
  }

  neededText(name: string): string {
    const text = this.text(name);
    if (text === undefined) throw unfit(name, 'is missing');
    return text;
  }

  /** A whole number from 0 on. */
  whole(name: string): number | undefined {
    const item = this.raw(name);
    if (item === undefined) return undefined;
    const isDigits = this.#isQuery && typeof item === 'string' && /^[0-9]{1,16}$/.test(item);
    const value = isDigits ? Number(item) : item;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw unfit(name, 'must be a whole number');
  }

  flag(name: string): boolean | undefined {
    const item = this.raw(name);
    if (item === undefined || typeof item === 'boolean') return item;
    if (this.#isQuery && (item === 'true' || item === 'false')) return item === 'true';
    throw unfit(name, 'must be true or false');
  }

  texts(name: string): readonly string[] | undefined {
    const item = this.raw(name);
    if (item === undefined) return undefined;
    if (Array.isArray(item) && item.every((each) => typeof each === 'string')) return item;
    throw unfit(name, 'must be a list of strings');
  }

  textOrTexts(name: string): string | readonly string[] | undefined {
    return Array.isArray(this.#source.get(name)) ? this.texts(name) : this.text(name);
  }

  /** Refuses what nobody asked for. */
  done(): void {
    for (const name of this.#source.keys()) {
      if (!this.#taken.has(name)) throw unfit(name, 'is not known here');
    }
  }
}

/** Percent-decoding of one segment or field; `invalid_argument` where it stands for no text. */
export function decodeOnce(text: string, plusIsBlank = false): string {
  try {
    return decodeURIComponent(plusIsBlank ? text.replaceAll('+', '%20') : text);
  } catch {
    throw new AdastraError('invalid_argument', `${JSON.stringify(text)} is badly percent-encoded`);
  }
}

function unfit(name: string, what: string): AdastraError {
  return new AdastraError('invalid_argument', `the field ${JSON.stringify(name)} ${what}`, {
    details: { field: name },
  });
}
