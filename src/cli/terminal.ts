/**
 * The surroundings of one run of the command line: three streams, the environment, the working
 * directory and Ctrl-C. Everything in this folder takes them from here, so that tests run commands
 * in their own process. `systemTerminal` is the real one.
 */
import process from 'node:process';
import { EXIT } from './exit-codes.ts';

/** A stream to write to; `columns` only on a terminal. */
export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** A stream to read from. */
export type InputStream = NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };

/** What a command line has around it. */
export interface Terminal {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Calls `fn` at each Ctrl-C (SIGINT, SIGTERM) until the returned function is called. */
  onInterrupt(fn: () => void): () => void;
  /** Asks for one line, where something else (the prompt) already reads stdin. */
  readonly question?: (text: string) => Promise<string>;
}

/** The terminal of this process. */
export function systemTerminal(): Terminal {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    onInterrupt: listenForSignals,
  };
}

/** A second SIGTERM is not waited on any more; main.ts does the same for Ctrl-C. */
function listenForSignals(fn: () => void): () => void {
  let ends = 0;
  const onEnd = (): void => {
    ends += 1;
    if (ends > 1) process.exit(EXIT.interrupted);
    fn();
  };
  process.on('SIGINT', fn);
  process.on('SIGTERM', onEnd);
  return () => {
    process.off('SIGINT', fn);
    process.off('SIGTERM', onEnd);
  };
}

/** Whether both ends are a terminal, so that there is somebody to ask. */
export function isConversation(terminal: Terminal): boolean {
  return terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
}
