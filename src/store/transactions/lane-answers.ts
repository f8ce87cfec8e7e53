/**
 * What the lane answers where there is no receipt of a commit: nothing changed, nobody waits, or
 * writes are refused for good.
 */
import { AdastraError, type Durability, type Limits, type Receipt } from '../../core/index.ts';

/** The receipt of what is no own commit. */
export const NO_RECEIPT: Receipt = {
  seq: 0,
  origin: '',
  originSeq: 0,
  stamp: '',
  durability: 'always',
  changed: false,
  replayed: false,
};

/** The receipt of a commit that is none, since nothing changed; `seq`: what it was decided on. */
export function unchanged(seq: number, origin: string, durability: Durability): Receipt {
  return { ...NO_RECEIPT, seq, origin, durability };
}

/** For a commit that nobody waits for. */
export function ignore(): void {}

/** A flush failed earlier (INV-4). */
export function latched(failure: AdastraError): AdastraError {
  return new AdastraError('latched', 'writes are refused since a flush failed', {
    hint: 'close the node, see to the disk, open it again; reads go on',
    cause: failure,
  });
}

/** Throws `overloaded` where as much waits for the disk as may (INV-12). */
export function checkQueue(
  pendingCommits: number,
  pendingBytes: number,
  { pendingBytesMax, pendingCommitsMax }: Limits,
): void {
  if (pendingBytes < pendingBytesMax && pendingCommits < pendingCommitsMax) return;
  throw new AdastraError(
    'overloaded',
    `${pendingCommits} commits (${pendingBytes} bytes) wait for the disk`,
    {
      hint: 'await earlier writes before sending more, then try again',
      details: { pendingBytes, pendingCommits },
    },
  );
}

/** What gathers commits, where it stands. */
interface Gathering {
  readonly author: { readonly originText: string };
  readonly seq: number;
  readonly originSeq: number;
  stampText(): string;
}

/** The receipt of the own commit that was begun last. */
export function ownReceipt(gatherer: Gathering, durability: Durability): Receipt {
  return {
    seq: gatherer.seq,
    origin: gatherer.author.originText,
    originSeq: gatherer.originSeq,
    stamp: gatherer.stampText(),
    durability,
    changed: true,
    replayed: false,
  };
}
