/**
 * A yes-or-no question on a terminal; anything but yes is no.
 */
import { createInterface } from 'node:readline';
import type { Terminal } from './terminal.ts';

/** Asks on stderr, reads a line from stdin. */
export async function ask(terminal: Terminal, question: string): Promise<boolean> {
  const text = `${question} [y/N] `;
  const answer = await (terminal.question?.(text) ?? readAnswer(terminal, text));
  return /^y(?:es)?$/i.test(answer.trim());
}

function readAnswer(terminal: Terminal, text: string): Promise<string> {
  const reader = createInterface({ input: terminal.stdin, output: terminal.stderr });
  return new Promise((resolve) => {
    reader.once('close', () => resolve(''));
    reader.question(text, (answer) => {
      resolve(answer);
      reader.close();
    });
  });
}
