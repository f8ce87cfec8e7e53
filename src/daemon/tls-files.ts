/**
 * Certificate and key of the HTTP server, read from PEM files and checked together before anything
 * listens: a mistake in them is found at the start and not by the first client.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { AdastraError } from '../core/index.ts';

/** Paths of two PEM files. */
export interface TlsFiles {
  /** The certificate, followed by those between it and its authority. */
  readonly cert: string;
  readonly key: string;
}

/** What a server needs of them; TLS 1.3 only. Throws `invalid_options`, `permission_denied`. */
export function readTlsFiles({ cert, key }: TlsFiles): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: readPem(cert, 'certificate'),
    key: readPem(key, 'key'),
    minVersion: 'TLSv1.3',
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    throw unfit(cause, { cert, key });
  }
  return options;
}

function readPem(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isDenied = code === 'EACCES' || code === 'EPERM';
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new AdastraError(
      isDenied ? 'permission_denied' : 'invalid_options',
      `the TLS ${what} ${path} cannot be read: ${reason}`,
      { hint: 'name a PEM file that this user may read', details: { file: path }, cause },
    );
  }
}

function unfit(cause: unknown, { cert, key }: TlsFiles): AdastraError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const isMismatch = code.includes('KEY_VALUES_MISMATCH') || code.includes('KEY_TYPE_MISMATCH');
  const words = isMismatch
    ? `the TLS key ${key} is not that of the certificate ${cert}`
    : `the TLS certificate ${cert} and key ${key} cannot be used: ${message}`;
  return new AdastraError('invalid_options', words, {
    hint: 'both are PEM files; the key is not encrypted and belongs to the first certificate',
    details: { cert, key },
    cause,
  });
}
