/** How many notices are remembered, so that a redelivered one does nothing. */
const REMEMBERED_NOTICES = 10_000;

/** Takes each notice of a vendor once, however often it comes. */
export class Notices {
  readonly #known = new Map<string, Promise<void>>();

  /**
   * Settles as the first taking of the notice `id` did, or does; returns whether this is that. One that failed is taken
   * anew when it comes again.
   */
  async takeOnce(id: string, take: () => Promise<void>): Promise<boolean> {
    const known = this.#known.get(id);
    const first = known ?? take();
    this.#known.set(id, first);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED_NOTICES && oldest) this.#known.delete(oldest);
    await first.catch((error: unknown) => {
      this.#known.delete(id);
      throw error;
    });
    return known === undefined;
  }
}
