/**
 * Deciding anew: a rule, the limits of the world or the code at hand has changed. Every conflicted
 * key whose view is another now gets it by a local record right behind the cause, in as many
 * records as their size asks for. Siblings stay as they are; what was decided before stays in the
 * log.
 */
import type { Env } from '../../env/index.ts';
import { type Cell, cellOfView, type OriginTable, sameView, type View } from '../storage/index.ts';
import type { Overlay } from './overlay.ts';
import type { PolicyTable } from './policy-table.ts';
import { type ChangedView, encodeViewChange } from './view-change.ts';

/** Bytes of views after which a record is closed. */
const RECORD_BYTES = 256 * 1024;
const KEYS_MAX = 10_000;

/** What of the lane is needed. */
interface Deciding {
  readonly overlay: Overlay;
  readonly policies: PolicyTable;
  readonly parts: { readonly env: Env; readonly origins: OriginTable };
  admitViews(body: Uint8Array, views: readonly ChangedView[]): void;
}

/** Gives every conflicted key the view that policies make of it now; returns how many changed. */
export function redecide(lane: Deciding, reason: string): number {
  const { overlay, policies } = lane;
  let gathered: ChangedView[] = [];
  let bytes = 0;
  let changed = 0;
  const write = (): void => {
    if (gathered.length > 0) admit(lane, reason, gathered);
    gathered = [];
    bytes = 0;
  };
  for (const key of overlay.severalKeys()) {
    const siblings = overlay.siblingsOf(key);
    if (siblings.length < 2) continue;
    const view = policies.decide(key, siblings);
    if (sameView(view, overlay.viewOf(key))) continue;
    changed++;
    gathered.push({ key, link: overlay.lastSeq(key), siblings, view });
    bytes += sizeOf(siblings, view);
    if (bytes >= RECORD_BYTES || gathered.length >= KEYS_MAX) write();
  }
  write();
  return changed;
}

function sizeOf(siblings: readonly Cell[], view: View): number {
  const { start, end } = cellOfView(siblings, view);
  return (end - start) * (view.kind === 'value' ? 2 : 1) + siblings.length * 40;
}

function admit(lane: Deciding, reason: string, views: readonly ChangedView[]): void {
  const { env, origins } = lane.parts;
  const head = { timeMs: Math.max(0, Math.floor(env.clock.wallMs())), reason };
  lane.admitViews(encodeViewChange(head, views, origins), views);
}
