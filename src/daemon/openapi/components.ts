/**
 * What the document says once and refers to everywhere else: schemas that have a title, and
 * responses that many routes give.
 */
import type { TSchema } from 'typebox';

/** JSON that the document is made of. */
export type JsonObject = Readonly<Record<string, unknown>>;

export class Components {
  readonly #schemas = new Map<string, JsonObject>();
  readonly #titled = new Map<string, TSchema>();
  readonly #responses = new Map<string, JsonObject>();

  /** Every named schema, by name. */
  get schemas(): JsonObject {
    return sorted(this.#schemas);
  }

  /** Every response that was shared, by name. */
  get responses(): JsonObject {
    return sorted(this.#responses);
  }

  /** A reference to the response of this name, which is made where it is not there yet. */
  shareResponse(name: string, make: () => JsonObject): JsonObject {
    if (!this.#responses.has(name)) this.#responses.set(name, make());
    return { $ref: `#/components/responses/${name}` };
  }

  /** The schema, or a reference where it is named. Two different ones of a name are a fault. */
  refer(schema: TSchema): JsonObject {
    const { title } = schema as { readonly title?: unknown };
    if (typeof title !== 'string') return this.#inline(schema);
    const known = this.#titled.get(title);
    if (known === undefined) {
      this.#titled.set(title, schema);
      this.#schemas.set(title, this.#inline(schema));
    } else if (known !== schema && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`two schemas have the title ${title}`);
    }
    return { $ref: `#/components/schemas/${title}` };
  }

  #inline(schema: TSchema): JsonObject {
    return Object.fromEntries(
      Object.entries(schema).map(([keyword, item]) => [keyword, this.#keyword(keyword, item)]),
    );
  }

  #keyword(keyword: string, item: unknown): unknown {
    if (keyword === 'properties') {
      const properties = Object.entries(item as Record<string, TSchema>);
      return Object.fromEntries(properties.map(([name, each]) => [name, this.refer(each)]));
    }
    if (keyword === 'anyOf') return (item as TSchema[]).map((each) => this.refer(each));
    if (keyword === 'items') return this.refer(item as TSchema);
    if (keyword === 'additionalProperties' && typeof item === 'object') {
      return this.refer(item as TSchema);
    }
    return item;
  }
}

function sorted(named: ReadonlyMap<string, JsonObject>): JsonObject {
  return Object.fromEntries([...named].sort(([one], [other]) => (one < other ? -1 : 1)));
}
