/**
 * What a node says of itself, and where it can be reached, as fields of a hello. For people and for
 * choosing a link, never for trust: texts that are too long are cut, lists too.
 */
import {
  type ByteReader,
  type ByteWriter,
  MalformedBytes,
  type NodeMetadata,
} from '../../core/index.ts';
import { readCount, readFlag, readText, writeMs, writeText } from './fields.ts';

const NAME_BYTES_MAX = 64;
const CAPABILITIES_MAX = 64;
const PORT_MAX = 65_535;

/** Where a node takes connections. */
export interface DialAddress {
  readonly host: string;
  readonly port: number;
}

export function writeMetadata(writer: ByteWriter, metadata: NodeMetadata): void {
  writeText(writer, metadata.nodeId, NAME_BYTES_MAX);
  writeText(writer, metadata.displayName);
  writeText(writer, metadata.hostname);
  writeText(writer, metadata.platform, NAME_BYTES_MAX);
  writeText(writer, metadata.version, NAME_BYTES_MAX);
  const capabilities = metadata.capabilities.slice(0, CAPABILITIES_MAX);
  writer.varint(capabilities.length);
  for (const capability of capabilities) writeText(writer, capability, NAME_BYTES_MAX);
  writeMs(writer, metadata.startedAtMs);
  writeMs(writer, metadata.uptimeMs);
}

export function readMetadata(reader: ByteReader): NodeMetadata {
  const nodeId = readText(reader, NAME_BYTES_MAX);
  const displayName = readText(reader);
  const hostname = readText(reader);
  const platform = readText(reader, NAME_BYTES_MAX);
  const version = readText(reader, NAME_BYTES_MAX);
  const capabilities: string[] = [];
  for (let left = readCount(reader, 1, CAPABILITIES_MAX); left > 0; left--) {
    capabilities.push(readText(reader, NAME_BYTES_MAX));
  }
  const startedAtMs = reader.varint();
  const uptimeMs = reader.varint();
  return {
    nodeId,
    displayName,
    hostname,
    platform,
    version,
    capabilities,
    startedAtMs,
    uptimeMs,
  };
}

/** A flag, then host and port if it is 1. */
export function writeAddress(writer: ByteWriter, address: DialAddress | undefined): void {
  writer.u8(address === undefined ? 0 : 1);
  if (address === undefined) return;
  writeText(writer, address.host);
  writer.u16(address.port);
}

export function readAddress(reader: ByteReader): DialAddress | undefined {
  if (!readFlag(reader)) return undefined;
  const host = readText(reader);
  const port = reader.u16();
  if (host === '' || port === 0 || port > PORT_MAX) throw new MalformedBytes('no address to dial');
  return { host, port };
}
