/**
 * The options of commands that run a node among others: where it listens for them and how it looks
 * for them.
 */
import type { OptionSpec, OptionValues } from './command.ts';
import { portOf } from './option-values.ts';
import type { PartSettings } from './running-parts.ts';

/** Beside host and port, whose names differ from command to command. */
export const PEER_OPTIONS: readonly OptionSpec[] = [
  { flags: '--require-transport', about: 'fail if it cannot listen for other nodes' },
  { flags: '--no-discovery', about: 'do not look for nodes' },
  { flags: '--discovery-port <n>', about: 'UDP port of discovery (default: 47474)' },
  { flags: '--target <host:port>', about: 'ask this address too (repeat)', isList: true },
  { flags: '--interface <name>', about: 'look on this interface (repeat)', isList: true },
];

/** What the options say; `names` are those of host and port. Throws `invalid_options`. */
export function partSettingsOf(
  options: OptionValues,
  names: { readonly host: string; readonly port: string },
): PartSettings {
  const discovery = {
    port: portOf(options, 'discoveryPort'),
    targets: options.list('target'),
    interfaces: options.list('interface'),
  };
  return {
    transport: { host: options.text(names.host), port: portOf(options, names.port) },
    requiresTransport: options.flag('requireTransport'),
    discovery: options.flag('discovery') ? discovery : undefined,
  };
}
