/**
 * The node itself: how it stands, who it is, its hashes, and the work on its files.
 */
import { isAbsolute } from 'node:path';
import { AdastraError } from '../../core/index.ts';
import { type Route, route } from '../route.ts';
import { BACKUP_REPORT, CHECKPOINT, HASHES, VERIFY_REPORT } from '../schemas/files.ts';
import { NODE_INFO, NODE_STATUS } from '../schemas/node.ts';
import { EMPTY, fields, TEXT } from '../schemas/shapes.ts';
import { signalOf } from '../serving.ts';

const TAG = 'Node';

const aboutRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/status',
    tag: TAG,
    summary: 'How the node stands.',
    access: 'read',
    answers: [{ type: 'json', schema: NODE_STATUS }],
    run: async ({ serving }) => serving.node.status(),
  }),
  route({
    method: 'GET',
    path: '/v1/node',
    tag: TAG,
    summary: 'Who the node is.',
    access: 'read',
    scope: 'any',
    answers: [{ type: 'json', schema: NODE_INFO }],
    run: async ({ serving }) => serving.node.nodeInfo(),
  }),
  route({
    method: 'POST',
    path: '/v1/node/refresh',
    tag: TAG,
    summary: 'The same after looking at the machine again.',
    access: 'admin',
    answers: [{ type: 'json', schema: NODE_INFO }],
    run: async ({ serving }) => serving.node.refreshNodeInfo(),
  }),
  route({
    method: 'GET',
    path: '/v1/hashes',
    tag: TAG,
    summary: 'Hashes of all that the node holds; equal for equal data.',
    access: 'read',
    answers: [{ type: 'json', schema: HASHES }],
    run: async ({ serving }) => serving.node.hashes(),
  }),
];

const fileRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/checkpoint',
    tag: TAG,
    summary: 'Writes a checkpoint.',
    access: 'admin',
    answers: [{ type: 'json', schema: CHECKPOINT }],
    errors: ['read_only', 'disk_full'],
    run: async ({ serving }) => serving.node.checkpoint(),
  }),
  route({
    method: 'POST',
    path: '/v1/backup',
    tag: TAG,
    summary: 'Copies the node into a directory of this machine that is not there yet.',
    access: 'local',
    body: fields({ directory: TEXT }),
    answers: [{ type: 'json', schema: BACKUP_REPORT }],
    errors: ['already_exists', 'not_a_directory', 'permission_denied', 'disk_full'],
    run: async ({ serving, body: { directory } }) => {
      if (!isAbsolute(directory)) {
        throw new AdastraError('invalid_argument', '"directory" must be an absolute path', {
          hint: 'the node has a working directory of its own',
        });
      }
      return serving.node.backup(directory);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/verify',
    tag: TAG,
    summary: 'Reads all files of the node and checks every byte of them.',
    access: 'admin',
    answers: [{ type: 'json', schema: VERIFY_REPORT }],
    run: async ({ serving, context }) => serving.node.verify({ signal: signalOf(context) }),
  }),
  route({
    method: 'POST',
    path: '/v1/flush',
    tag: TAG,
    summary: 'Answers when all that was written before is on the disk.',
    access: 'write',
    answers: [{ type: 'json', schema: EMPTY }],
    errors: ['read_only', 'latched', 'disk_full', 'unknown_outcome'],
    run: async ({ serving }) => {
      await serving.node.flush();
      return {};
    },
  }),
];

/** `status`, `node`, `hashes`, `checkpoint`, `backup`, `verify`, `flush` */
export const nodeRoutes: readonly Route[] = [...aboutRoutes, ...fileRoutes];
