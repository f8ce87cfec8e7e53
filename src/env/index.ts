/**
 * The ports to the outside world, as types. The twins have faces of their own (`env/node`,
 * `env/memory`), so that whoever imports this pulls in no platform code.
 */
export type {
  Clock,
  Crypto,
  Env,
  File,
  FileAccess,
  FileLock,
  FileStat,
  FileSystem,
  Host,
  Random,
  Timer,
  Timers,
} from './env.ts';
export { errorCode } from './env.ts';
export type {
  DatagramAddress,
  DatagramOptions,
  Datagrams,
  DatagramSocket,
  NetworkInterface,
} from './datagrams.ts';
export type {
  ConnectOptions,
  ListenOptions,
  Stream,
  StreamAddress,
  StreamHandlers,
  StreamIdentity,
  StreamLimits,
  StreamListener,
  StreamPeer,
  Streams,
} from './streams.ts';
export { STREAM_ENDS, STREAM_LOW_BYTES, STREAM_REFUSALS, StreamError } from './streams.ts';
