/**
 * The options of a node, validated together before anything is opened: a mistake names the option,
 * and an unknown one the nearest that exists.
 */
import {
  AdastraError,
  DEFAULT_LIMITS,
  type Durability,
  type Limits,
  validateLimits,
} from '../core/index.ts';
import {
  type AnyOperation,
  defineOperation,
  definePolicy,
  OperationRegistry,
  type PolicyDefinition,
} from '../store/operations/index.ts';
import { type AnyProjection, ProjectionHost } from '../projections/index.ts';
import { isDurability } from '../store/transactions/index.ts';
import { checkNodeId } from './identity.ts';
import { nearestName } from './nearest-name.ts';
import { type PeerOptions, type ResolvedPeerOptions, resolvePeerOptions } from './peer-options.ts';

/** What a line says beside its words, for programs that read it. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where the engine reports what no caller waits for. Four methods; pino fits. */
export interface Logger {
  /** Where it is given and is not `debug` or `trace`, lines of that kind are not even made. */
  readonly level?: string | undefined;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/**
 * What may be let go of the log; by default nothing is. A span is kept that meets every bound
 * given.
 */
export interface RetentionOptions {
  /** Keeps at least the last so many commits. */
  readonly commits?: number | undefined;
  /** Keeps at least the last so many bytes of log. */
  readonly bytes?: number | undefined;
  /** Keeps at least what is younger than this, in milliseconds. */
  readonly ageMs?: number | undefined;
}

export interface NodeOptions extends PeerOptions {
  /** Directory of the node; made if missing. Exactly one of `dataDir` and `memory`. */
  readonly dataDir?: string | undefined;
  /** The same engine over a file system in memory, gone with the process. */
  readonly memory?: true | undefined;
  /** Human name, only for a directory that is made now. */
  readonly nodeId?: string | undefined;
  readonly displayName?: string | undefined;
  /**
   * When a write is acknowledged. `always` (default): after fdatasync. `interval`: after a write
   * that is synced within `intervalMs`; a power cut can take that much. `os`: after a write; a
   * power cut can take what the system had not written, a crash of the process nothing.
   */
  readonly durability?: Durability | undefined;
  /** Milliseconds between syncs at level `interval`; default 100. */
  readonly intervalMs?: number | undefined;
  /** Takes no lock, writes nothing, shows the state at the durable mark. */
  readonly readOnly?: boolean | undefined;
  /** `throw` (default) refuses a damaged log; `readOnly` opens what is good before the damage. */
  readonly onDamage?: 'throw' | 'readOnly' | undefined;
  /** Where the node's key lies, if not in the data directory. */
  readonly identityDir?: string | undefined;
  readonly retention?: RetentionOptions | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly logger?: Logger | undefined;
  /** Operations of the application. */
  readonly operations?: readonly AnyOperation[] | undefined;
  /** Code of the application that decides conflicts (`definePolicy`). */
  readonly policies?: readonly PolicyDefinition[] | undefined;
  /** Views that are folded from the log (`defineProjection`, `defineIndex`). */
  readonly projections?: readonly AnyProjection[] | undefined;
  /**
   * Whether a lone write may be flushed by a call that blocks for well under a millisecond; default
   * true.
   */
  readonly blockingFlush?: boolean | undefined;
  /**
   * Bytes of log after which a checkpoint is written in the background; default 64 MiB, 0 = never.
   */
  readonly checkpointBytes?: number | undefined;
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly dataDir: string | undefined;
  readonly nodeId: string | undefined;
  readonly displayName: string | undefined;
  readonly durability: Durability;
  readonly intervalMs: number;
  readonly readOnly: boolean;
  readonly onDamage: 'throw' | 'readOnly';
  readonly identityDir: string | undefined;
  readonly retention: RetentionOptions;
  readonly limits: Limits;
  readonly logger: Logger | undefined;
  readonly operations: readonly AnyOperation[];
  readonly policies: readonly PolicyDefinition[];
  readonly projections: readonly AnyProjection[];
  readonly blockingFlush: boolean;
  readonly checkpointBytes: number;
  readonly peers: ResolvedPeerOptions;
}

const KNOWN = [
  'dataDir',
  'memory',
  'nodeId',
  'displayName',
  'durability',
  'intervalMs',
  'readOnly',
  'onDamage',
  'identityDir',
  'retention',
  'limits',
  'logger',
  'operations',
  'policies',
  'projections',
  'blockingFlush',
  'checkpointBytes',
  'transport',
  'discovery',
  'sync',
] as const satisfies readonly (keyof NodeOptions)[];

const RETENTION = ['commits', 'bytes', 'ageMs'];
const LOGGER = ['debug', 'info', 'warn', 'error'] as const;

/** Throws `invalid_options`. */
export function resolveOptions(options: NodeOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null)
    throw invalid('options', 'the options are an object');
  checkNames(options, KNOWN, 'option');
  checkPlace(options);
  checkValues(options);
  return {
    dataDir: options.dataDir,
    nodeId: options.nodeId,
    displayName: options.displayName,
    durability: options.durability ?? 'always',
    intervalMs: options.intervalMs ?? 100,
    readOnly: options.readOnly ?? false,
    onDamage: options.onDamage ?? 'throw',
    identityDir: options.identityDir,
    retention: options.retention ?? {},
    limits: validateLimits(options.limits),
    logger: options.logger,
    operations: options.operations ?? [],
    policies: options.policies ?? [],
    projections: options.projections ?? [],
    blockingFlush: options.blockingFlush ?? true,
    checkpointBytes: options.checkpointBytes ?? 64 * 1024 * 1024,
    peers: resolvePeerOptions(options, checkNames),
  };
}

function checkPlace({ dataDir, memory, readOnly, identityDir }: NodeOptions): void {
  if (memory !== undefined && !memory) throw invalid('memory', 'memory is true or left out');
  if ((dataDir === undefined) === (memory === undefined)) {
    throw invalid('dataDir', 'give exactly one of dataDir and memory: true');
  }
  if (dataDir !== undefined) checkText('dataDir', dataDir);
  if (identityDir !== undefined) checkText('identityDir', identityDir);
  if (memory === true && readOnly === true) {
    throw invalid('readOnly', 'a node in memory that may not be written to has nothing to show');
  }
}

function checkValues(options: NodeOptions): void {
  const { durability, onDamage, retention, logger, operations, nodeId, displayName } = options;
  if (durability !== undefined && !isDurability(durability)) {
    throw invalid('durability', "durability is 'always', 'interval' or 'os'");
  }
  if (onDamage !== undefined && onDamage !== 'throw' && onDamage !== 'readOnly') {
    throw invalid('onDamage', "onDamage is 'throw' or 'readOnly'");
  }
  for (const name of ['readOnly', 'blockingFlush'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw invalid(name, `${name} is a boolean`);
  }
  if (options.intervalMs !== undefined) checkCount('intervalMs', options.intervalMs, 1);
  if (options.checkpointBytes !== undefined)
    checkCount('checkpointBytes', options.checkpointBytes, 0);
  if (nodeId !== undefined) checkNodeId(nodeId);
  if (displayName !== undefined) checkText('displayName', displayName);
  if (retention !== undefined) checkRetention(retention);
  if (logger !== undefined && !LOGGER.every((name) => typeof logger[name] === 'function')) {
    throw invalid('logger', `a logger has ${LOGGER.join(', ')}`);
  }
  if (options.limits !== undefined) checkLimits(options.limits);
  if (operations !== undefined) checkOperations(operations);
  if (options.policies !== undefined) checkPolicies(options.policies);
  if (options.projections !== undefined) checkProjections(options.projections);
}

/** Which limits there are; what they may be is for `validateLimits`. */
function checkLimits(limits: unknown): void {
  if (typeof limits !== 'object' || limits === null) throw invalid('limits', 'limits is an object');
  checkNames(limits, Object.keys(DEFAULT_LIMITS), 'limit');
}

/** Each is whole and no two have one name. */
function checkOperations(operations: readonly AnyOperation[]): void {
  if (!Array.isArray(operations)) throw invalid('operations', 'operations is a list');
  for (const operation of operations) {
    if (typeof operation !== 'object' || operation === null)
      throw invalid('operations', 'an operation is an object');
    defineOperation(operation as never);
  }
  new OperationRegistry(operations);
}

/** Each is whole and no two have one name, whatever their versions. */
function checkPolicies(policies: readonly PolicyDefinition[]): void {
  if (!Array.isArray(policies)) throw invalid('policies', 'policies is a list');
  const names = new Set<string>();
  for (const policy of policies as readonly PolicyDefinition[]) {
    const { name } = definePolicy(policy);
    if (names.has(name)) throw invalid('policies', `there are two policies ${name}`);
    names.add(name);
  }
}

/** Each is whole and no two have one name. */
function checkProjections(projections: readonly AnyProjection[]): void {
  if (!Array.isArray(projections)) throw invalid('projections', 'projections is a list');
  new ProjectionHost(projections, DEFAULT_LIMITS);
}

function checkRetention(retention: RetentionOptions): void {
  if (typeof retention !== 'object' || retention === null)
    throw invalid('retention', 'retention is an object');
  checkNames(retention, RETENTION, 'bound of retention');
  for (const [name, value] of Object.entries(retention)) {
    if (value !== undefined) checkCount(`retention.${name}`, value as number, 1);
  }
}

function checkNames(given: object, known: readonly string[], what: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? `known: ${known.join(', ')}` : `did you mean ${nearest}?`;
    throw new AdastraError('invalid_options', `there is no ${what} ${name}`, {
      hint,
      details: { option: name },
    });
  }
}

function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value.length === 0) throw invalid(name, `${name} is a text`);
}

function checkCount(name: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw invalid(name, `${name} is a whole number from ${least}`);
}

function invalid(option: string, message: string): AdastraError {
  return new AdastraError('invalid_options', message, { details: { option } });
}
