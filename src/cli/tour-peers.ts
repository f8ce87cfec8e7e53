/**
 * The last step of the tour: this node goes up for others, where somebody stays to see it, and what
 * brings up a second one is printed as it has to be typed: pairing, then working apart and meeting
 * again.
 */
import { cleanText } from './clean-text.ts';
import { dataOption } from './data-option.ts';
import { heading, type TourCall } from './tour-call.ts';

const OTHER = '--data ./other';
const COMMENT_COLUMN = 54;

/** Brings the node up, if it is to be, and shows the way to a second one. */
export async function showSecondNode(call: TourCall): Promise<void> {
  const { output, served, session, terminal } = call;
  await heading(call, 'A second node');
  await output.flush();
  if (served === undefined) {
    await output.line('A node in another process exchanges with this one while this one is up:');
    await output.line('npm start on a terminal, or npm start -- --stay, or npx adastra start.');
  } else {
    await goUp(call);
  }
  await showMembers(call);
  const data = dataOption(terminal, session.dataDir);
  await output.line(`In another terminal, in ${cleanText(terminal.cwd)}:`);
  await showLines(call, [
    [`npx adastra invite${data}`, 'prints a code, good once'],
    [`npx adastra join CODE ${OTHER} --node-id other`, 'that code for CODE'],
    [`npx adastra start ${OTHER}`, 'takes over everything; leave it running'],
  ]);
  const isPrompt = served !== undefined && terminal.stdin.isTTY === true;
  const adastra = isPrompt ? '' : 'npx adastra ';
  const own = isPrompt ? '' : data;
  await output.line(isPrompt ? 'Then at this prompt:' : 'Then in a third one:');
  await showLines(
    call,
    [
      [`store put hello world${own}`, 'written on this node'],
      [`store get hello ${OTHER}`, 'and read on the other'],
      [`disconnect other${own}`, 'the cable is out: both work alone'],
      [`store put hello here${own}`, ''],
      [`store put hello there ${OTHER}`, ''],
      [`connect other${own}`, 'they meet again'],
      [`conflicts list${own}`, 'both versions are kept, on both'],
      [`conflicts resolve hello --value both${own}`, 'ends it, on both'],
      [`conflicts list --decided ${OTHER}`, 'what was decided, with every value'],
      [`status${own}`, 'the state hash …'],
      [`status ${OTHER}`, '… is the same there'],
    ].map(([line = '', about = '']) => [`${adastra}${line}`, about]),
  );
  await output.line('npm run demo shows all of this by itself.');
}

async function goUp({ output, served, session }: TourCall): Promise<void> {
  const node = await session.open();
  if ('running' in node) {
    await output.line('Another process runs this node; what is typed here goes through it.');
    return;
  }
  await served?.serve();
  const address = served?.address;
  await output.line(
    address === undefined
      ? 'This node does not listen for others (see above); commands in other terminals reach it.'
      : `This node listens on ${address}, for this machine alone, and serves other terminals.`,
  );
}

/** Who joined at an earlier start needs no code again. */
async function showMembers({ output, session }: TourCall): Promise<void> {
  const members = await (await session.open()).members();
  const others = members.filter(({ self, state }) => !self && state === 'member');
  if (others.length === 0) return;
  const names = others.map(({ nodeId }) => cleanText(nodeId)).join(', ');
  await output.line(`Members of its world already: ${names}. For those adastra start is enough.`);
}

async function showLines(
  { output }: TourCall,
  lines: readonly (readonly string[])[],
): Promise<void> {
  const { dim } = output.colors;
  for (const [line = '', about = ''] of lines) {
    const text = about === '' ? line : `${line.padEnd(COMMENT_COLUMN)}  ${dim(about)}`;
    await output.line(`  ${text}`);
  }
}
