/**
 * The deterministic twin of the ports: for tests, simulations and clients that keep nothing.
 */
export type { CrashMode } from './crash-image.ts';
export { Frozen } from './disk-fault.ts';
export type {
  ChangeKind,
  DiskOperation,
  Fault,
  FaultCode,
  OperationHook,
  ReadKind,
} from './disk-fault.ts';
export { MemoryClock } from './memory-clock.ts';
export type { MemoryFileSystemOptions } from './memory-disk.ts';
export { memoryEnv } from './memory-env.ts';
export type { MemoryEnv, MemoryEnvOptions } from './memory-env.ts';
export { MemoryFileSystem } from './memory-file-system.ts';
export type { CrashOptions } from './memory-file-system.ts';
export type { NetworkConditions } from './memory-lan.ts';
/** @public For `memoryEnv` without a `MemoryWorld`. */
export { MemoryNetwork } from './memory-network.ts';
export type { MemoryNetworkHost, MemoryNetworkOptions } from './memory-network.ts';
export { MemoryRandom } from './memory-random.ts';
export { MemoryTimers } from './memory-timers.ts';
export type { MemoryTimersOptions } from './memory-timers.ts';
export { MemoryWorld } from './memory-world.ts';
export type { MachineOptions, MachineUses, MemoryWorldOptions } from './memory-world.ts';
