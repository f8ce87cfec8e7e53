/**
 * Paths of the memory file system: absolute, `/` between names, no links, the working directory is
 * the root. Everything that takes a path brings it into this form first.
 */

/**
 * The names on the way from the root; `.` and `..` are resolved, `..` above the root stays there.
 */
export function pathNames(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

/** One absolute form: the last absolute part begins, what follows is below it. */
export function resolvePath(parts: readonly string[]): string {
  let joined = '';
  for (const part of parts) joined = part.startsWith('/') ? part : `${joined}/${part}`;
  return `/${pathNames(joined).join('/')}`;
}
