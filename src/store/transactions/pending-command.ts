/**
 * A command whose commit is on its way: a retry of it gets the same receipt and does not run a
 * second time. Once the commit is in the log the command is remembered for good; if it failed it is
 * forgotten, for only what committed is remembered.
 */
import type { AdastraError, HybridClock, Receipt } from '../../core/index.ts';
import type { CommandMemory } from './command-memory.ts';

export interface PendingCommand {
  readonly requestHash: Uint8Array;
  readonly receipt: Receipt;
}

/** What of the lane is needed. */
interface Remembering {
  readonly pendingCommands: Map<string, PendingCommand>;
  readonly parts: { readonly clock: HybridClock; readonly commands: CommandMemory };
  answer(release: () => void, fail: (error: AdastraError) => void): void;
}

/** Notes the command of a commit that was admitted just now. */
export function rememberLater(
  lane: Remembering,
  { id, requestHash }: { readonly id: string; readonly requestHash: Uint8Array },
  receipt: Receipt,
): void {
  lane.pendingCommands.set(id, { requestHash, receipt });
  const { ms, counter } = lane.parts.clock;
  lane.answer(
    () => {
      lane.pendingCommands.delete(id);
      const { seq, origin, originSeq, durability } = receipt;
      const command = { requestHash, seq, origin, originSeq, ms, counter, durability };
      lane.parts.commands.remember(id, command);
    },
    () => lane.pendingCommands.delete(id),
  );
}
