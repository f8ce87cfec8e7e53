/**
 * The process that serves a node.
 */
import { type TSchema, Type } from 'typebox';
import type { NodeFile } from '../node-file.ts';
import { describing } from './describing.ts';
import { fields, NUMBER, TEXT, WHOLE } from './shapes.ts';

export const DAEMON: TSchema = describing<NodeFile>()(
  fields(
    {
      pid: WHOLE,
      socket: TEXT,
      startedAtMs: NUMBER,
      directory: TEXT,
      nodeId: TEXT,
      fingerprint: TEXT,
      worldId: TEXT,
      version: TEXT,
      address: Type.Optional(TEXT),
      url: Type.Optional(TEXT),
    },
    'Daemon',
  ),
);
