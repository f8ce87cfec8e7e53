/**
 * One page of an answer that is given in pages: as many records as were asked for, fewer where they
 * are large, and whether there are more.
 */
import { type TInteger, type TOptional, type TString, Type } from 'typebox';
import { TEXT } from '../schemas/shapes.ts';

const SIZE_DEFAULT = 100;
const SIZE_MAX = 1_000;
/** Of the JSON of one page; a single record may be larger. */
const CHARACTERS_MAX = 1024 * 1024;

/** Fields of a query that is answered in pages if one of them is there. */
export const PAGED: { page: TOptional<TInteger>; cursor: TOptional<TString> } = {
  page: Type.Optional(
    Type.Integer({ minimum: 1, maximum: SIZE_MAX, description: 'Records of a page, at most.' }),
  ),
  cursor: Type.Optional(TEXT),
};

export interface PageWish {
  readonly page?: number | undefined;
  readonly cursor?: string | undefined;
}

export function isPaged({ page, cursor }: PageWish): boolean {
  return page !== undefined || cursor !== undefined;
}

export function sizeOf({ page = SIZE_DEFAULT }: PageWish): number {
  return page;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The first one that did not fit; `undefined`: there are no more. */
  readonly next: Item | undefined;
}

/** The next `size` items. */
export async function takePage<Item extends object>(
  items: AsyncIterable<Item> | Iterable<Item>,
  size: number,
): Promise<Page<Item>> {
  const taken: Item[] = [];
  let characters = 0;
  for await (const item of items) {
    const length = JSON.stringify(item).length;
    const isRoom = taken.length === 0 || characters + length <= CHARACTERS_MAX;
    if (taken.length >= size || !isRoom) return { items: taken, next: item };
    taken.push(item);
    characters += length;
  }
  return { items: taken, next: undefined };
}
