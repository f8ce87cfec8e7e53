/**
 * The journal of decided conflicts in the log: behind a batch whose commits ended conflicts stands
 * a local note that names them, and the place of the note before it. So the newest decisions are
 * found without reading what lies between them. A note is no state: nothing is lost but the list
 * where one is missing.
 */
import { ByteReader, type ByteWriter, MalformedBytes } from '../../core/index.ts';
import { type CommitLog, type LogRecord, NOTE_KIND, RECORD_KIND } from '../../wal/index.ts';

/** A write that left one sibling where several were in conflict. */
export interface DecidedKey {
  readonly seq: number;
  readonly key: string;
}

/** The seq that the newest note stands behind; 0 while there is none. */
export interface DecidedPlace {
  seq: number;
}

/** What a note says. */
export interface DecidedNote {
  /** The seq that the note before it stands behind; 0: there is none. */
  readonly previousSeq: number;
  /** In the order of their seqs. */
  readonly decided: readonly DecidedKey[];
}

/** The body of the record, its kind included. */
export function writeDecidedNote(writer: ByteWriter, { previousSeq, decided }: DecidedNote): void {
  writer.u8(NOTE_KIND.conflictsDecided);
  writer.varint(previousSeq);
  writer.varint(decided.length);
  for (const { seq, key } of decided) {
    writer.varint(seq);
    writer.lengthAndText(key);
  }
}

/** `undefined` for any other record. Throws `MalformedBytes`. */
export function decidedNote({ kind, source, start, end }: LogRecord): DecidedNote | undefined {
  if (kind !== RECORD_KIND.localNote || end === start) return undefined;
  if (source[start] !== NOTE_KIND.conflictsDecided) return undefined;
  const reader = new ByteReader(source, start + 1, end);
  const previousSeq = reader.varint();
  const decided: DecidedKey[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    decided.push({ seq: reader.varint(), key: reader.lengthAndText() });
  }
  reader.finish();
  return { previousSeq, decided };
}

/** The note behind `seq`; `undefined` where the log does not hold it (any more). */
export function decidedNoteAt(log: CommitLog, seq: number): DecidedNote | undefined {
  if (seq <= log.baseSeq || seq > log.headSeq) return undefined;
  for (const batch of log.read(seq, { toSeq: seq })) {
    for (const record of batch.records) {
      const note = decidedNote(record);
      // Whatever a file says, the way leads back.
      if (note !== undefined && note.previousSeq >= seq) throw new MalformedBytes('a note ahead');
      if (note !== undefined) return note;
    }
  }
  return undefined;
}
