/**
 * What is told of the process: which build it is, what it takes of the machine. Names without our
 * prefix are those that every Prometheus client uses.
 */
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { type Family, single } from './exposition.ts';

export function processFamilies(version: string): Family[] {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const startSeconds = (performance.timeOrigin || Date.now()) / 1000;
  const { active } = performance.eventLoopUtilization();
  return [
    {
      type: 'gauge',
      name: 'adastra_build_info',
      help: 'Always 1; what runs is in the labels.',
      samples: [{ labels: { version, node: process.versions.node }, value: 1 }],
    },
    single('gauge', 'process_resident_memory_bytes', 'Resident memory.', rss),
    single('gauge', 'process_start_time_seconds', 'Start, in seconds since 1970.', startSeconds),
    single('gauge', 'process_open_fds', 'Open file descriptors.', openFiles()),
    single('counter', 'process_cpu_seconds_total', 'Processor time.', (user + system) / 1e6),
    single('gauge', 'nodejs_heap_size_used_bytes', 'JavaScript heap in use.', heapUsed),
    single('gauge', 'nodejs_external_memory_bytes', 'Memory outside the heap.', external),
    single(
      'counter',
      'nodejs_eventloop_active_seconds_total',
      'Time that the event loop worked rather than waited.',
      active / 1000,
    ),
  ];
}

/** `undefined` where the system does not tell. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
