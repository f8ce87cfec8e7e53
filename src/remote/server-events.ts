/**
 * Server-sent events from the lines of a `text/event-stream`. Only what the format says: fields up
 * to an empty line are one event, a line that begins with a colon is a comment, an id stays until
 * the next one.
 */

/** One event. */
export interface ServerEvent {
  /** `message` where the server names none. */
  readonly event: string;
  /** The last id that the server gave, with this event or before it. */
  readonly id: string;
  /** Its `data` lines. */
  readonly data: string;
}

/** The events of `lines`; one that its end cuts off is left away. */
export async function* serverEventsOf(
  lines: AsyncIterable<string>,
): AsyncGenerator<ServerEvent, void, undefined> {
  let event = '';
  let id = '';
  let data: string[] = [];
  for await (const ended of lines) {
    const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended;
    if (line === '') {
      if (data.length > 0)
        yield { event: event === '' ? 'message' : event, id, data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const [name, text] = fieldOf(line);
    if (name === 'event') event = text;
    else if (name === 'id') id = text;
    else if (name === 'data') data.push(text);
  }
}

function fieldOf(line: string): readonly [name: string, text: string] {
  const at = line.indexOf(':');
  if (at === -1) return [line, ''];
  return [line.slice(0, at), line.slice(line[at + 1] === ' ' ? at + 2 : at + 1)];
}
