/**
 * The node as one token's caller has it: its commandIds are its own, whatever others choose, and
 * where it is limited to prefixes, so is every commit that it makes.
 */
import type { PutOptions } from '../core/index.ts';
import type { NodeApi } from '../engine/index.ts';
import type { Caller } from './caller.ts';
import { withinBoth } from './scope.ts';

type OwnCalls = Pick<
  NodeApi,
  'put' | 'remove' | 'commit' | 'preflight' | 'revert' | 'resolveConflict' | 'receiptOf'
>;

/** `node` itself for callers without a token. */
export function nodeFor<Node extends NodeApi>(node: Node, caller: Caller): Node {
  if (caller.kind !== 'token') return node;
  const own: Partial<Record<PropertyKey, unknown>> = { ...ownCalls(node, caller) };
  return new Proxy(node, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return own[name];
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

function ownCalls(node: NodeApi, { id, prefixes }: Caller): OwnCalls {
  const commandOf = (commandId: string): string => `${id}:${commandId}`;
  const limited = <Options extends PutOptions>(options: Options): Options => {
    const { commandId, within } = options;
    return {
      ...options,
      ...(commandId === undefined ? {} : { commandId: commandOf(commandId) }),
      ...(prefixes === undefined ? {} : { within: withinBoth(prefixes, within) }),
    };
  };
  return {
    put: (key, value, options = {}) => node.put(key, value, limited(options)),
    remove: (key, options = {}) => node.remove(key, limited(options)),
    commit: (request) => node.commit(limited(request)),
    preflight: (request) => node.preflight(limited(request)),
    revert: (seq, options) => node.revert(seq, limited(options)),
    resolveConflict: (key, resolution, options = {}) =>
      node.resolveConflict(key, resolution, limited(options)),
    receiptOf: (commandId) => node.receiptOf(commandOf(commandId)),
  };
}
