import {
  applyChange,
  differingFields,
  type ChangeResult,
  type Configuration,
  type ConfigurationChange,
  type ConfigurationField,
  type ConfigurationRules,
} from './configuration.ts';

/** One update request to the vendor: the whole difference, under the next sequence id of the task. */
export type ConfigurationUpdate = {
  readonly configuration: Configuration;
  /** Exactly the fields the request carries: the vendor's update mask. */
  readonly fields: readonly ConfigurationField[];
  readonly sequenceId: number;
  readonly revision: number;
};

/** A reconciliation between two updates, as plain JSON. */
export type ReconciliationState = {
  readonly desired: Configuration;
  readonly applied: Configuration | null;
  readonly revision: number;
  readonly appliedRevision: number;
  readonly sequenceId: number;
  readonly doubtful: readonly ConfigurationField[];
};

/**
 * What the callers want and what the vendor has, and the next step from one to the other.
 * Pure: whoever drives it knows the time and makes the calls.
 */
export class Reconciliation {
  desired: Configuration;
  applied: Configuration | null;
  revision: number;
  appliedRevision: number;
  sequenceId: number;
  readonly #initial: Configuration;
  readonly #rules: ConfigurationRules;
  /** Fields whose value at the vendor is unknown since a request whose answer was lost. */
  #doubtful: readonly ConfigurationField[];
  #doubtfulBefore: readonly ConfigurationField[] = [];
  /** Changes accepted since the update under way was put together: they outlive its refusal. */
  #later: ConfigurationChange[] = [];

  constructor(
    initial: Configuration,
    rules: ConfigurationRules,
    state: ReconciliationState = beginning(initial),
  ) {
    this.#initial = initial;
    this.#rules = rules;
    this.desired = state.desired;
    this.applied = state.applied;
    this.revision = state.revision;
    this.appliedRevision = state.appliedRevision;
    this.sequenceId = state.sequenceId;
    this.#doubtful = state.doubtful;
  }

  get limits(): ConfigurationRules['limits'] {
    return this.#rules.limits;
  }

  /** Everything, for the next run of the session. Not while an update is under way. */
  get state(): ReconciliationState {
    const { desired, applied, revision, appliedRevision, sequenceId } = this;
    return { desired, applied, revision, appliedRevision, sequenceId, doubtful: this.#doubtful };
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
    return applyChange(this.desired, change, this.#rules);
  }

  /** Accepts a change. One that changes nothing keeps the revision. */
  accept(change: ConfigurationChange): ChangeResult {
    const result = this.preview(change);
    if (!result.ok) return result;
    const isSame = differingFields(this.desired, result.configuration).length === 0;
    // After a refusal what is desired is in force again, under a revision that never will be.
    const isRefused =
      !this.isPending && this.applied !== null && this.appliedRevision < this.revision;
    if (isSame && !isRefused) return result;
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
   * The vendor refused `update`: what is desired falls back to what is applied, and the changes that came meanwhile
   * are worked out anew on that. When one of them no longer makes sense, none is kept: each was accepted on top of
   * the others. Returns the last revision that is refused by this.
   */
  refused(update: ConfigurationUpdate): number {
    const applied = this.startWith;
    const isFallback = differingFields(update.configuration, applied).length === 0;
    this.#doubtful = isFallback ? [] : this.#doubtfulBefore;
    this.desired = this.#workedOut(applied, this.#later) ?? applied;
    return this.isPending ? update.revision : this.revision;
  }

  #workedOut(base: Configuration, changes: readonly ConfigurationChange[]): Configuration | null {
    let configuration = base;
    for (const change of changes) {
      const result = applyChange(configuration, change, this.#rules);
      if (!result.ok) return null;
      configuration = result.configuration;
    }
    return configuration;
  }

  /** The vendor has seen a higher sequence id than ours (a reset rewinds ours): go on above it. */
  adoptSequence(lastSequenceId: number): void {
    this.sequenceId = Math.max(this.sequenceId, lastSequenceId);
  }

  #settle(): void {
    if (this.applied !== null && !this.isPending) this.appliedRevision = this.revision;
  }
}

function beginning(desired: Configuration): ReconciliationState {
  return { desired, applied: null, revision: 0, appliedRevision: 0, sequenceId: 0, doubtful: [] };
}
