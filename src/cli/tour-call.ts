/**
 * What the steps of the tour share: streams, the session whose node stays open for the prompt, and
 * Ctrl-C.
 */
import type { NodeSession } from './node-session.ts';
import type { Output } from './output.ts';
import type { ServedNode } from './served-node.ts';
import type { Terminal } from './terminal.ts';

/** Handed from step to step. */
export interface TourCall {
  readonly terminal: Terminal;
  readonly output: Output;
  readonly session: NodeSession;
  readonly signal: AbortSignal;
  /** The node among others, up behind the tour; `undefined` where nobody stays to see it. */
  readonly served: ServedNode | undefined;
}

/** A heading of the tour. */
export async function heading({ output }: TourCall, text: string): Promise<void> {
  await output.line('');
  await output.line(output.colors.bold(output.colors.cyan(text)));
}
