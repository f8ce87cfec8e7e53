/**
 * Makes the nodes of a chaos world members of one world, as people do it: the first invites the
 * others one by one; what these know of each other they learn by membership and discovery alone.
 */
import { expect, vi } from 'vitest';
import type { ChaosWorld } from './chaos-world.ts';

interface Member {
  readonly nodeId: string;
  readonly fingerprint: string;
  readonly self: boolean;
}

interface Discovered {
  readonly nodeId: string;
  readonly state: string;
  readonly member: boolean;
}

/** Ends with all of them linked, equal, and heard by each other; gives fingerprints by name. */
export async function pairAll(
  world: ChaosWorld,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const [founder = '', ...others] = names;
  await world.start(founder);
  for (const name of others) {
    const { code } = await world.node(founder).ask<{ code: string }>('invite');
    await world.start(name, code);
  }
  await world.linked();
  await world.converged();
  const authors = new Map<string, string>();
  for (const name of names) {
    const members = await world.node(name).ask<Member[]>('members');
    expect(members.map(({ nodeId }) => nodeId).toSorted()).toEqual(names.toSorted());
    const self = members.find((member) => member.self) as Member;
    authors.set(name, self.fingerprint);
    // A datagram may be lost; the next one is heard.
    await vi.waitFor(
      async () => {
        const heard = await world.node(name).ask<Discovered[]>('discover');
        const found = heard.filter(({ state, member }) => state === 'available' && member);
        expect(found.map(({ nodeId }) => nodeId).toSorted()).toEqual(
          names.filter((other) => other !== name).toSorted(),
        );
      },
      { timeout: 15_000 },
    );
  }
  return authors;
}
