import { test } from 'vitest';
import { checkHistories, HISTORIES_TIMEOUT_MS } from '../support/peer-history-check.ts';

test(
  'whatever happened, nodes that meet again become equal (INV-7): odd seeds',
  () => checkHistories(1),
  HISTORIES_TIMEOUT_MS,
);
