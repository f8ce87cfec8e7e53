/**
 * `adastra connect TARGET`: a link to a member now, by address or by name, without waiting for
 * discovery or the next attempt. The running node makes it.
 */
import { cleanText } from '../clean-text.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { memberOf } from '../members.ts';
import { spanOf } from '../option-values.ts';

const TIMEOUT_MS = 10_000;

/** `connect TARGET` */
export const connect: CommandSpec = {
  name: 'connect',
  about: 'connect to a member now',
  arguments: [{ name: '<target>', about: 'host:port, nodeId, or the beginning of a fingerprint' }],
  options: [{ flags: '--timeout <span>', about: 'such as 5s (default: 10s)' }],
  examples: ['connect 192.168.1.20:4711', 'connect kitchen'],
  async run(call) {
    const { options, output, session, signal } = call;
    const timeoutMs = spanOf(options, 'timeout') ?? TIMEOUT_MS;
    const named = wanted(call, 0);
    const node = await session.open();
    const target = named.includes(':') ? named : (await memberOf(node, named)).fingerprint;
    const peer = await node.connect(target, { signal, timeoutMs });
    await output.result(peer, () =>
      cleanText(`${peer.nodeId}: ${peer.state}, ${peer.address ?? ''}`),
    );
    return EXIT.ok;
  },
};
