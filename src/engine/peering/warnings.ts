/**
 * What an operator should see in `status` until it is over: each once, the newest last, a few.
 */
const WARNINGS_MAX = 50;

export class Warnings {
  #texts: string[] = [];

  add(text: string): void {
    this.#texts = [...this.#texts.filter((one) => one !== text), text].slice(-WARNINGS_MAX);
  }

  /** What begins so is over. */
  end(beginning: string): void {
    this.#texts = this.#texts.filter((text) => !text.startsWith(beginning));
  }

  list(): readonly string[] {
    return this.#texts;
  }
}
