/**
 * What is told of requests and of the servers that take them.
 */
import type { RequestMeter, ServerGauges } from '../request-meter.ts';
import type { Family } from './exposition.ts';

export function serverFamilies(meter: RequestMeter): Family[] {
  const routes = meter.routes();
  return [
    {
      type: 'counter',
      name: 'adastra_http_requests_total',
      help: 'Requests that ended, by route and status; 499: the client left before.',
      samples: routes.flatMap(({ method, path: route, statuses }) =>
        [...statuses].map(([status, value]) => ({
          labels: { method, route, status: String(status) },
          value,
        })),
      ),
    },
    {
      type: 'histogram',
      name: 'adastra_http_request_seconds',
      help: 'From the head of a request to the last byte of its answer, streams left out.',
      readings: routes.flatMap(({ method, path: route, seconds: reading }) =>
        reading === undefined ? [] : [{ labels: { method, route }, reading }],
      ),
    },
    {
      type: 'counter',
      name: 'adastra_refused_total',
      help: 'Requests and connections that were refused, by reason.',
      samples: [...meter.refusals()].map(([reason, value]) => ({ labels: { reason }, value })),
    },
    ofServers(meter, 'adastra_connections', 'Open connections.', (gauges) => gauges.connections),
    ofServers(
      meter,
      'adastra_requests_in_hand',
      'Requests not answered yet.',
      (gauges) => gauges.requests,
    ),
    ofServers(meter, 'adastra_request_body_bytes', 'Bodies in hand.', (gauges) => gauges.bodyBytes),
    ofServers(meter, 'adastra_streams', 'Streams that are open.', (gauges) => gauges.streams),
  ];
}

function ofServers(
  meter: RequestMeter,
  name: string,
  help: string,
  valueOf: (gauges: ServerGauges) => number,
): Family {
  const samples = meter.servers().map(({ name: server, read }) => ({
    labels: { server },
    value: valueOf(read()),
  }));
  return { type: 'gauge', name, help, samples };
}
