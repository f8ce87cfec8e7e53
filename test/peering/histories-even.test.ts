import { test } from 'vitest';
import { checkHistories, HISTORIES_TIMEOUT_MS } from '../support/peer-history-check.ts';

test(
  'whatever happened, nodes that meet again become equal (INV-7): even seeds',
  () => checkHistories(0),
  HISTORIES_TIMEOUT_MS,
);
