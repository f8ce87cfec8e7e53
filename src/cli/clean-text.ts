/**
 * Text that other nodes have written, made fit for a terminal: names, keys, values and reasons come
 * from machines that this one does not control, and a control character could move the cursor,
 * recolour or rename the window, or turn the reading direction. Shown are the characters' codes.
 */

/** C0 and C1 controls, line separators, marks that turn the direction, invisible joiners' kin. */
const CONTROLS =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const CONTROLS_BUT_LINES =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** One line without anything that a terminal would obey. */
export function cleanText(text: string): string {
  return text.replace(CONTROLS, codeOf);
}

/** The same, with line ends and tabs left in. */
export function cleanLines(text: string): string {
  return text.replace(CONTROLS_BUT_LINES, codeOf);
}

/** JSON that means the same and holds no character that a terminal would obey. */
export function cleanJson(json: string): string {
  return json.replace(CONTROLS, codeOf);
}

function codeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
