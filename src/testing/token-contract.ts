/**
 * What the contract of `NodeApi` says of tokens.
 */
import type { NodeApi } from '../engine/index.ts';
import { check, checkEqual, checkRejects } from './contract-case.ts';

/** The case. */
export const tokens: { readonly name: string; run(api: NodeApi): Promise<void> } = {
  name: 'makes tokens, shows them without their secrets, revokes them',
  async run(api) {
    const asked = { role: 'write', prefixes: ['a/'], expiresMs: 60_000, note: 'till' } as const;
    const { token, ...made } = await api.createToken(asked);
    check(/^adt_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/.test(token), 'the form of a token');
    checkEqual(made.expiresAtMs, made.createdAtMs + 60_000, 'its end');
    const [told, ...others] = await api.tokens();
    checkEqual(told?.id, made.id, 'the id in the list');
    checkEqual(told?.expiresAtMs, made.expiresAtMs, 'the end in the list');
    checkEqual([told?.role, told?.note], ['write', 'till'], 'what the list says');
    checkEqual(others.length, 0, 'other tokens');
    check(!JSON.stringify(told).includes('hash'), 'no hash in the list');
    const kept = JSON.stringify(await api.get(`$token/${made.id}`));
    check(!kept.includes(token.slice(-43)), 'the secret is not kept');
    await api.revokeToken(made.id);
    checkEqual((await api.tokens()).length, 0, 'tokens behind the revoke');
    await checkRejects('not_found', api.revokeToken(made.id));
    await checkRejects('invalid_options', api.createToken({ role: 'admin', prefixes: ['a/'] }));
    await checkRejects('invalid_options', api.createToken({ role: 'read', prefixes: ['$'] }));
    await checkRejects('invalid_options', api.createToken({ role: 'read', expiresMs: 0 }));
    checkEqual(await api.count(), 0, 'entries of users');
  },
};
