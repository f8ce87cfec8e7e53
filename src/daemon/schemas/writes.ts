/**
 * What every write takes beside its content, and the receipt that it gives.
 */
import {
  type TBoolean,
  type TInteger,
  type TOptional,
  type TSchema,
  type TString,
  type TUnion,
  type TArray,
  type TUnknown,
  type TUnsafe,
  Type,
} from 'typebox';
import type { Durability, Receipt } from '../../core/index.ts';
import { describing } from './describing.ts';
import { fields, FLAG, oneOf, TEXT, TEXTS, VALUE, WHOLE } from './shapes.ts';

const DURABILITY: TUnsafe<Durability> = oneOf(['always', 'interval', 'os']);

/** Fields of a body that writes. */
export const WRITE: {
  durability: TOptional<TUnsafe<Durability>>;
  commandId: TOptional<TString>;
  ifSeq: TOptional<TInteger>;
  within: TOptional<TArray<TString>>;
  actor: TOptional<TString>;
  reason: TOptional<TString>;
  metadata: TOptional<TUnknown>;
} = {
  durability: Type.Optional(DURABILITY),
  commandId: Type.Optional(TEXT),
  ifSeq: Type.Optional(WHOLE),
  within: Type.Optional(TEXTS),
  actor: Type.Optional(TEXT),
  reason: Type.Optional(TEXT),
  metadata: Type.Optional(VALUE),
};

/** Conditions on the one key of a write. */
export const KEY_CONDITIONS: {
  ifAbsent: TOptional<TBoolean>;
  ifStamp: TOptional<TUnion<[TString, TArray<TString>]>>;
} = {
  ifAbsent: Type.Optional(FLAG),
  ifStamp: Type.Optional(Type.Union([TEXT, TEXTS])),
};

const RECEIPT_FIELDS = {
  seq: WHOLE,
  origin: TEXT,
  originSeq: WHOLE,
  stamp: TEXT,
  durability: DURABILITY,
  changed: FLAG,
  replayed: FLAG,
};

/** What a write answers. */
export const RECEIPT: TSchema = describing<Receipt>()(fields(RECEIPT_FIELDS, 'Receipt'));

/** The same of a commit by operations, which names its outcome. */
export const COMMITTED: TSchema = describing<Receipt & { readonly outcome: 'committed' }>()(
  fields({ ...RECEIPT_FIELDS, outcome: oneOf(['committed']) }, 'Committed'),
);
