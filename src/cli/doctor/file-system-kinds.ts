/**
 * File systems by the number that `statfs` gives (Linux), and what each is worth for a log: a
 * network file system may acknowledge a flush that it has not done, and its locks may not hold.
 */
const LOCAL: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0xca451a4e, 'bcachefs'],
  [0x794c7630, 'overlay'],
  [0x4d44, 'fat'],
  [0x2011bab0, 'exfat'],
  [0x7366746e, 'ntfs'],
  [0x1a, 'apfs'],
]);

const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x00c36400, 'ceph'],
  [0x5346414f, 'afs'],
  [0x0bd00bd0, 'lustre'],
  [0x786f4256, 'vboxsf'],
  [0x65735546, 'fuse'],
]);

const MEMORY: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);

/** What a number of `statfs` stands for. */
export function fileSystemKind(type: number): { state: 'ok' | 'warn'; detail: string } {
  // The number comes signed on some platforms.
  const number = type >>> 0;
  const local = LOCAL.get(number);
  if (local !== undefined) return { state: 'ok', detail: local };
  const network = NETWORK.get(number);
  if (network !== undefined) {
    const detail = `${network}: may be a network file system; flushes and locks may not hold there`;
    return { state: 'warn', detail };
  }
  const memory = MEMORY.get(number);
  if (memory !== undefined) {
    return { state: 'warn', detail: `${memory}: in memory, gone after a restart of the machine` };
  }
  return { state: 'ok', detail: `type 0x${number.toString(16)}` };
}
