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
    const before = (await api.tokens()).length;
    const { token, ...made } = await api.createToken(asked);
    check(/^adt_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/.test(token), 'the form of a token');
    checkEqual(made.expiresAtMs, made.createdAtMs + 60_000, 'its end');
    const listed = await api.tokens();
    const told = listed.find(({ id }) => id === made.id);
    checkEqual(listed.length, before + 1, 'tokens in the list');
    checkEqual(told?.expiresAtMs, made.expiresAtMs, 'the end in the list');
    checkEqual([told?.role, told?.note], ['write', 'till'], 'what the list says');
    check(!JSON.stringify(told).includes('hash'), 'no hash in the list');
    const kept = JSON.stringify(await api.get(`$token/${made.id}`));
    check(!kept.includes(token.slice(-43)), 'the secret is not kept');
    await api.revokeToken(made.id);
    checkEqual((await api.tokens()).length, before, 'tokens behind the revoke');
    await checkRejects('not_found', api.revokeToken(made.id));
    await checkRejects('invalid_options', api.createToken({ role: 'admin', prefixes: ['a/'] }));
    await checkRejects('invalid_options', api.createToken({ role: 'read', prefixes: ['$'] }));
    await checkRejects('invalid_options', api.createToken({ role: 'read', expiresMs: 0 }));
    checkEqual(await api.count(), 0, 'entries of users');
  },
};
