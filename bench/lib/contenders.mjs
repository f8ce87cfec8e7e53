// The contenders as the rows name them. `role`: ours, floor (the one that floorRatio divides by),
// peer, or variant (shown in tables, in no ratio of the JSON). `fixture` names what is loaded
// beforehand; `copy` gives each process its own copy of it.

const peer = (id, mode, label, more) => ({ role: 'peer', id, module: id, mode, label, ...more });

export const ours = (mode, more) => ({
  role: 'ours',
  id: 'adastra',
  module: 'adastra',
  mode,
  label: 'adastra',
  ...more,
});

export const floorLog = (mode, label, role = 'floor') => ({
  role,
  id: `floor-${mode}`,
  module: 'floor-log',
  mode,
  label,
});

export const lmdb = (more) => peer('lmdb', 'flushed', 'lmdb (flushed)', more);
export const lmdbNoSync = () => peer('lmdb', 'nosync', 'lmdb (noSync)');
export const level = (more) => peer('classic-level', 'sync', 'classic-level (sync)', more);
export const sqlite = () => peer('better-sqlite3', 'full', 'better-sqlite3 (WAL, FULL)');
export const yjs = () => peer('yjs', 'memory', 'yjs (memory only)');
export const tinybase = () => peer('tinybase', 'memory', 'tinybase (memory only)');

export const oursLoaded = (fixture, more) => ours('read', { fixture, copy: true, ...more });
export const lmdbLoaded = () => peer('lmdb', 'read', 'lmdb', { fixture: 'records' });
export const levelLoaded = () =>
  peer('classic-level', 'read', 'classic-level', { fixture: 'records' });
export const sqliteLoaded = () =>
  peer('better-sqlite3', 'read', 'better-sqlite3', { fixture: 'records' });

const floorMap = (mode, label, role) => ({
  role,
  id: `map-${mode}`,
  module: 'floor-memory',
  mode,
  label,
  fixture: 'records',
});

export const mapOfOffsets = (role = 'floor') =>
  floorMap('lazy', `${role === 'floor' ? 'floor: ' : ''}Map of offsets + JSON.parse`, role);
export const mapOfObjects = (role = 'floor') =>
  floorMap('ready', `${role === 'floor' ? 'floor: ' : ''}Map of ready objects`, role);
export const rawBytes = () => ({
  role: 'floor',
  id: 'raw-bytes',
  module: 'raw-bytes',
  mode: 'json',
  label: 'floor: bytes of keys and values',
});

/** The same directory kind at a share of the row's n, to state how it grows. */
export const oursAtShare = (fixture, share) =>
  oursLoaded(fixture, {
    role: 'variant',
    id: `adastra-x${share}`,
    label: `adastra, N × ${share}`,
    share,
  });

/** Between two processes: see contenders/sync-*.mjs. */
export const oursSync = (mode, more) => ours(mode, { module: 'sync-adastra', ...more });
export const oursSyncTransactions = () =>
  oursSync('transactions', {
    role: 'variant',
    id: 'adastra-transactions',
    label: 'adastra, written in transactions of 1,000',
  });
export const floorTcp = (mode, label, role = 'floor') => ({
  role,
  id: `floor-tcp-${mode}`,
  module: 'sync-floor-tcp',
  mode,
  label,
});
export const rawValues = () => ({
  role: 'floor',
  id: 'raw-values',
  module: 'raw-values',
  mode: 'bytes',
  label: 'floor: bytes of keys and values',
});
export const yjsSync = () => peer('sync-yjs', 'whole', 'yjs over ws (whole state, no disk)');
export const hypercoreSync = () => peer('sync-hypercore', 'range', 'hypercore 11 (own storage)');
export const floorTls = () => ({
  role: 'floor',
  id: 'floor-tls',
  module: 'sync-floor-tls',
  mode: 'round-trip',
  label: 'floor: TLS round trip + two fdatasyncs',
});

/** Daemons over HTTP: see contenders/http-*.mjs. */
export const oursServe = () => ours('serve', { module: 'http-adastra' });
export const oursRead = (mode = 'read', more) => ours(mode, { module: 'http-adastra', ...more });
export const oursAsking = () =>
  oursRead('asking', {
    role: 'variant',
    id: 'adastra-asking',
    label: 'adastra, asked after the answer',
  });
export const floorStub = () => ({
  role: 'floor',
  id: 'floor-stub',
  module: 'http-stub',
  mode: 'stub',
  label: 'floor: the same server, nothing committed',
});
export const httpSqlite = () =>
  peer('http-sqlite', 'full', 'the same server, better-sqlite3 INSERT (WAL, FULL)');
export const wsEcho = () => ({
  role: 'floor',
  id: 'ws-echo',
  module: 'ws-echo',
  mode: 'echo',
  label: 'floor: WebSocket round trip of 100 bytes',
});
export const replaying = (role, mode, label) => ({
  role,
  id: role === 'ours' ? 'adastra' : `replay-${mode}`,
  module: 'read-replay',
  mode,
  label,
  fixture: 'log',
  copy: true,
});
