/**
 * Which keys: bounds in key order (code point order = UTF-8 byte order), all optional.
 */
export interface Range {
  /** Keys that begin with this text. */
  readonly prefix?: string | undefined;
  readonly gt?: string | undefined;
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly lte?: string | undefined;
  /** Greatest key first. */
  readonly reverse?: boolean | undefined;
  /** At most so many. */
  readonly limit?: number | undefined;
  /** Also keys beginning with `$`, which are the system's. */
  readonly system?: boolean | undefined;
}
