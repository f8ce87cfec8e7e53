import { expect, test } from 'vitest';
import { AdastraError } from '../../core/index.ts';
import { newMachine } from '../../../test/support/memory-node.ts';
import { Invitations, secretsOf } from './invitations.ts';

const ADA = 'aa'.repeat(16);
const EVE = 'ee'.repeat(16);
const OFFER = { role: 'write', scopes: ['orders/'] } as const;

function world(): {
  env: ReturnType<typeof newMachine>;
  open: () => Invitations;
  secrets: (byte: number) => ReturnType<typeof secretsOf>;
} {
  const env = newMachine();
  env.fs.makeDirectory('/data');
  return {
    env,
    open: () => new Invitations(env, '/data'),
    secrets: (byte) => secretsOf(env.crypto, new Uint8Array(16).fill(byte)),
  };
}

function reasonOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    if (AdastraError.is(error) && error.code === 'invite_refused') return error.details['reason'];
    throw error;
  }
  return 'taken';
}

test('an invitation is good once, for whoever shows its secret first', () => {
  const { env, open, secrets } = world();
  const invitations = open();
  const expiresAtMs = env.clock.wallMs() + 1000;
  invitations.add(secrets(1), { ...OFFER, expiresAtMs });
  expect(invitations.use(secrets(1), ADA)).toMatchObject({ ...OFFER, usedBy: ADA });
  expect(reasonOf(() => invitations.use(secrets(1), EVE))).toBe('used already');
  // The answer may have been lost: the same key may ask again.
  expect(invitations.use(secrets(1), ADA).usedBy).toBe(ADA);
});

test('what was used is known after a restart', () => {
  const { env, open, secrets } = world();
  const invitations = open();
  invitations.add(secrets(1), { ...OFFER, expiresAtMs: env.clock.wallMs() + 1000 });
  invitations.use(secrets(1), ADA);
  expect(reasonOf(() => open().use(secrets(1), EVE))).toBe('used already');
  expect(env.fs.stat('/data/invitations.json')?.kind).toBe('file');
});

test('unknown, expired and guessed ones are refused; a wrong guess uses nothing up', () => {
  const { env, open, secrets } = world();
  const invitations = open();
  expect(reasonOf(() => invitations.use(secrets(1), ADA))).toBe('unknown');
  invitations.add(secrets(1), { ...OFFER, expiresAtMs: env.clock.wallMs() + 1000 });
  const guess = { id: secrets(1).id, secret: secrets(2).secret };
  expect(reasonOf(() => invitations.use(guess, EVE))).toBe('unknown');
  env.clock.jumpWall(1001);
  expect(reasonOf(() => invitations.use(secrets(1), ADA))).toBe('expired');
  env.clock.jumpWall(-1001);
  expect(reasonOf(() => invitations.use(secrets(1), ADA))).toBe('taken');
});

test('a file that cannot be read lets nobody in and stops nothing', () => {
  const { env, open, secrets } = world();
  const file = env.fs.open('/data/invitations.json', 'create');
  file.write(new TextEncoder().encode('{"invit'), 0, 8, 0);
  file.close();
  const invitations = open();
  expect(reasonOf(() => invitations.use(secrets(1), ADA))).toBe('unknown');
  invitations.add(secrets(1), { ...OFFER, expiresAtMs: env.clock.wallMs() + 1000 });
  expect(reasonOf(() => open().use(secrets(1), ADA))).toBe('taken');
});

test('there is a limit to open invitations', () => {
  const { env, open, secrets } = world();
  const invitations = open();
  const token = (index: number): Uint8Array => new Uint8Array(16).fill(index & 255, index >> 8);
  const expiresAtMs = env.clock.wallMs() + 1000;
  for (let index = 0; index < 1000; index++) {
    invitations.add(secretsOf(env.crypto, token(index)), { ...OFFER, expiresAtMs });
  }
  expect(() => invitations.add(secrets(9), { ...OFFER, expiresAtMs })).toThrow('1000 invitations');
  env.clock.jumpWall(1001);
  invitations.add(secrets(9), { ...OFFER, expiresAtMs: env.clock.wallMs() + 1 });
});
