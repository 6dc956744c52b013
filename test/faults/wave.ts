/** A number of scenes that wait for one another, so that one disaster hits them all. */
export class Wave {
  #size: number;
  readonly #phases = new Map<string, Phase>();

  constructor(size: number) {
    this.#size = size;
  }

  /** Resolves once every scene has come to this `phase`, and `act`, done once for all of them, is through. */
  async all(phase: string, act: () => Promise<void> = async () => {}): Promise<void> {
    const known = this.#phases.get(phase) ?? { arrived: 0, act, ...Promise.withResolvers<void>() };
    this.#phases.set(phase, known);
    known.arrived += 1;
    this.#check(known);
    return known.promise;
  }

  /** A scene has failed: nobody waits for it any more. */
  leave(): void {
    this.#size -= 1;
    for (const phase of this.#phases.values()) this.#check(phase);
  }

  #check(phase: Phase): void {
    if (phase.arrived < this.#size) return;
    phase.arrived = -Infinity;
    phase.act().then(phase.resolve, phase.reject);
  }
}

type Phase = PromiseWithResolvers<void> & {
  arrived: number;
  readonly act: () => Promise<void>;
};
