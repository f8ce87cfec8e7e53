/**
 * What a node tells others of itself.
 */
import { type TArray, type TNumber, type TObject, type TString } from 'typebox';
import type { NodeMetadata } from '../../core/index.ts';
import { describing } from './describing.ts';
import { fields, NUMBER, TEXT, TEXTS } from './shapes.ts';

type MetadataFields = {
  nodeId: TString;
  displayName: TString;
  hostname: TString;
  platform: TString;
  version: TString;
  capabilities: TArray<TString>;
  startedAtMs: TNumber;
  uptimeMs: TNumber;
};

export const METADATA_FIELDS: MetadataFields = {
  nodeId: TEXT,
  displayName: TEXT,
  hostname: TEXT,
  platform: TEXT,
  version: TEXT,
  capabilities: TEXTS,
  startedAtMs: NUMBER,
  uptimeMs: NUMBER,
};

/** As a peer gave it when it was last connected. */
export const METADATA: TObject<MetadataFields> = describing<NodeMetadata>()(
  fields(METADATA_FIELDS, 'NodeMetadata'),
);
