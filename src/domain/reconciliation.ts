import {
  applyChange,
  differingFields,
  type ChangeResult,
  type Configuration,
  type ConfigurationChange,
  type ConfigurationField,
  type ConfigurationLimits,
} from './configuration.ts';

/** One update request to the vendor: the whole difference, under the next sequence id of the task. */
export type ConfigurationUpdate = {
  readonly configuration: Configuration;
  /** Exactly the fields the request carries: the vendor's update mask. */
  readonly fields: readonly ConfigurationField[];
  readonly sequenceId: number;
  readonly revision: number;
};

/**
 * What the callers want and what the vendor has, and the next step from one to the other.
 * Pure: whoever drives it knows the time and makes the calls.
 */
export class Reconciliation {
  desired: Configuration;
  applied: Configuration | null = null;
  revision = 0;
  appliedRevision = 0;
  sequenceId = 0;
  readonly #initial: Configuration;
  readonly #limits: ConfigurationLimits;
  /** Fields whose value at the vendor is unknown since a request whose answer was lost. */
  #doubtful: readonly ConfigurationField[] = [];
  #doubtfulBefore: readonly ConfigurationField[] = [];
  /** Changes accepted since the update under way was put together: they outlive its refusal. */
  #later: ConfigurationChange[] = [];

  constructor(initial: Configuration, limits: ConfigurationLimits) {
    this.#initial = initial;
    this.desired = initial;
    this.#limits = limits;
  }

  /** What a new task is to start with: the last configuration that the vendor is known to take. */
  get startWith(): Configuration {
    return this.applied ?? this.#initial;
  }

  /** The fields that the next update has to carry; none when the vendor has what is desired. */
  get pendingFields(): readonly ConfigurationField[] {
    if (this.applied === null) return [];
    const differing = differingFields(this.desired, this.applied);
    return [...differing, ...this.#doubtful.filter((field) => !differing.includes(field))];
  }

  get isPending(): boolean {
    return this.pendingFields.length > 0;
  }

  /** Works a change out against the desired configuration, without accepting it. */
  preview(change: ConfigurationChange): ChangeResult {
    return applyChange(this.desired, change, this.#limits);
  }

  /** Accepts a change. One that changes nothing keeps the revision. */
  accept(change: ConfigurationChange): ChangeResult {
    const result = this.preview(change);
    if (!result.ok || differingFields(this.desired, result.configuration).length === 0)
      return result;
    this.desired = result.configuration;
    this.revision += 1;
    this.#later.push(change);
    this.#settle();
    return result;
  }

  /** A new task runs with `configuration`; its sequence ids begin anew. */
  started(configuration: Configuration): void {
    this.applied = configuration;
    this.sequenceId = 0;
    this.#doubtful = [];
    this.#settle();
  }

  /**
   * The next update. Its sequence id counts as used from now on, and the vendor's values of its fields are
   * unknown until it is answered.
   */
  takeUpdate(): ConfigurationUpdate {
    const fields = this.pendingFields;
    this.sequenceId += 1;
    this.#later = [];
    this.#doubtfulBefore = this.#doubtful;
    this.#doubtful = fields;
    return {
      configuration: this.desired,
      fields,
      sequenceId: this.sequenceId,
      revision: this.revision,
    };
  }

  confirmed(update: ConfigurationUpdate): void {
    this.applied = update.configuration;
    this.appliedRevision = update.revision;
    this.#doubtful = [];
    this.#settle();
  }

  /**
   * The vendor refused `update`: what is desired falls back to what is applied, and the changes that came
   * meanwhile are worked out anew on that. One of them that no longer makes sense is dropped with it.
   * Returns the last revision that is refused by this.
   */
  refused(update: ConfigurationUpdate): number {
    const applied = this.startWith;
    const isFallback = differingFields(update.configuration, applied).length === 0;
    this.#doubtful = isFallback ? [] : this.#doubtfulBefore;
    this.desired = this.#later.reduce((configuration, change) => {
      const result = applyChange(configuration, change, this.#limits);
      return result.ok ? result.configuration : configuration;
    }, applied);
    return this.isPending ? update.revision : this.revision;
  }

  /** The vendor has seen a higher sequence id than ours (a reset rewinds ours): go on above it. */
  adoptSequence(lastSequenceId: number): void {
    this.sequenceId = Math.max(this.sequenceId, lastSequenceId);
  }

  #settle(): void {
    if (this.applied !== null && !this.isPending) this.appliedRevision = this.revision;
  }
}
