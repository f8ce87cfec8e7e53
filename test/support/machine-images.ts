/**
 * Disks of machines of a `PeerWorld` as images: copied to another machine while the first one runs,
 * or put back in place of a later state, as virtual machines are cloned and rolled back.
 */
import type { MemoryFileSystem } from '../../src/env/memory/index.ts';
import type { PeerMachine, PeerWorld } from './peer-world.ts';

/** The disk as it is now, changes that are not synced included. */
export function imageOfMachine({ disk }: PeerMachine): MemoryFileSystem {
  return disk.crash({ mode: 'keep-all' });
}

/** Another machine that begins with this disk; nothing is opened on it. */
export function machineOfImage(world: PeerWorld, image: MemoryFileSystem): PeerMachine {
  const machine = world.machine();
  rollBack(world, machine, image);
  return machine;
}

/** Kills what runs on the machine and gives it this disk. */
export function rollBack(world: PeerWorld, machine: PeerMachine, image: MemoryFileSystem): void {
  const { address, wallOffsetMs } = machine;
  world.world.stop(address, 'kill');
  machine.engine = undefined;
  machine.env = world.world.machine(address, {
    wallOffsetMs,
    disk: (uses) => {
      machine.disk = image.crash({ mode: 'keep-all', fileSystem: uses });
      return machine.disk;
    },
  });
}
