/**
 * The options of every command that serves HTTP: where it listens, TLS, who may call, limits.
 */
import { AdastraError } from '../core/index.ts';
import type { HttpLimits, HttpOptions, TlsFiles } from '../daemon/index.ts';
import type { OptionSpec, OptionValues } from './command.ts';
import { portOf } from './option-values.ts';

/** Beside host and port, whose names differ from command to command. */
export const HTTP_OPTIONS: readonly OptionSpec[] = [
  { flags: '--tls-cert <file>', about: 'certificate (PEM); with --tls-key: HTTPS' },
  { flags: '--tls-key <file>', about: 'its key (PEM)' },
  { flags: '--require-token', about: 'ask for a token also while there is none' },
  { flags: '--insecure', about: 'let other machines in without TLS' },
  { flags: '--allow-host <name>', about: 'name that Host may have too (repeat)', isList: true },
  { flags: '--allow-origin <origin>', about: 'whose pages may call (repeat)', isList: true },
  { flags: '--limit <name=n>', about: 'a limit of the server (repeat)', isList: true },
];

/** What the options say; `names` are those of host and port. Throws `invalid_options`. */
export function httpOptionsOf(
  options: OptionValues,
  names: { readonly host: string; readonly port: string },
): HttpOptions {
  return {
    host: options.text(names.host),
    port: portOf(options, names.port),
    tls: tlsOf(options),
    isTokenRequired: options.flag('requireToken'),
    isInsecure: options.flag('insecure'),
    allowHosts: options.list('allowHost'),
    allowOrigins: options.list('allowOrigin'),
    limits: limitsOf(options.list('limit') ?? []),
  };
}

/** Where HTTP was not asked for: throws `invalid_options` for an option that is about it. */
export function refuseHttpOptions(options: OptionValues): void {
  for (const flags of ['--http-host', ...HTTP_OPTIONS.map((option) => option.flags)]) {
    const flag = flags.split(' ')[0] as string;
    const name = flag.slice(2).replace(/-[a-z]/g, (hit) => (hit[1] as string).toUpperCase());
    const isGiven =
      options.flag(name) || options.text(name) !== undefined || options.list(name) !== undefined;
    if (!isGiven) continue;
    throw new AdastraError('invalid_options', `${flag} is about HTTP, which is off`, {
      hint: 'adastra start --http PORT turns it on',
      details: { option: flag },
    });
  }
}

function tlsOf(options: OptionValues): TlsFiles | undefined {
  const cert = options.text('tlsCert');
  const key = options.text('tlsKey');
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  const missing = cert === undefined ? '--tls-cert' : '--tls-key';
  throw new AdastraError('invalid_options', `TLS takes a certificate and its key: ${missing} FILE`);
}

/** `NAME=N`; which names there are the server knows. */
function limitsOf(texts: readonly string[]): Partial<HttpLimits> {
  const limits: Record<string, number> = {};
  for (const text of texts) {
    const [, name, digits] = /^(\w+)=([0-9]{1,12})$/.exec(text) ?? [];
    if (name === undefined) {
      throw new AdastraError('invalid_options', `--limit ${JSON.stringify(text)} is no limit`, {
        hint: 'such as --limit connectionsMax=100',
        details: { option: 'limit' },
      });
    }
    limits[name] = Number(digits);
  }
  return limits;
}
