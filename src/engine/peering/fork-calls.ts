/**
 * The calls of `PeerApi` about forks: what is frozen and why, and naming the branch that stays.
 */
import { AdastraError, bytesOfHex, hexOf, originBytes } from '../../core/index.ts';
import { keepBranch } from '../../store/transactions/index.ts';
import type { BranchName, ForkInfo, PeerApi } from '../peer-api.ts';
import { membersOf } from './member-list.ts';
import type { Peering } from './peering.ts';

export type ForkCalls = Pick<PeerApi, 'forks' | 'keepBranch'>;

const FINGERPRINT_LENGTH = 32;

export function forkCalls(peering: () => Peering): ForkCalls {
  return {
    forks: async () => forksOf(peering()),
    keepBranch: async (origin, branch) => {
      const { node, gate } = peering();
      gate.check();
      return keepBranch(node.lane, checkedOrigin(origin), checkedBranch(branch));
    },
  };
}

function forksOf(peering: Peering): ForkInfo[] {
  const names = new Map(membersOf(peering).map((one) => [one.fingerprint, one.nodeId]));
  return peering.driver.sync.view.forks().map((fact) => {
    const { origin, originSeq, reportedBy, digestHere, digestThere } = fact;
    const author = names.get(origin.slice(0, FINGERPRINT_LENGTH)) ?? origin.slice(0, 8);
    return {
      origin,
      author,
      originSeq,
      digestHere: digestHere && hexOf(digestHere),
      digestThere: digestThere && hexOf(digestThere),
      reportedBy,
    };
  });
}

function checkedOrigin(origin: string): string {
  if (typeof origin === 'string' && originBytes(origin) !== undefined) return origin;
  throw invalid('origin', 'an origin is 32 hex characters, a dot and 32 hex characters');
}

function checkedBranch({ originSeq, digest }: BranchName): {
  originSeq: number;
  digest: Uint8Array;
} {
  const bytes = typeof digest === 'string' ? bytesOfHex(digest) : undefined;
  if (bytes?.length !== 32) throw invalid('digest', 'a digest is 64 hex characters');
  if (!Number.isSafeInteger(originSeq) || originSeq < 1) {
    throw invalid('originSeq', 'originSeq is a whole number from 1 on');
  }
  return { originSeq, digest: bytes };
}

function invalid(option: string, message: string): AdastraError {
  return new AdastraError('invalid_options', message, {
    hint: 'as forks() or adastra sync forks shows them',
    details: { option },
  });
}
