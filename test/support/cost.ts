/** An event of a history, as Temporal's JSON has it. */
export type RecordedEvent = {
  readonly eventType: string;
  readonly upsertWorkflowSearchAttributesEventAttributes?: {
    readonly searchAttributes?: { readonly indexedFields?: Readonly<Record<string, unknown>> };
  };
};

/** What a history costs. */
export type Cost = {
  /** How many events there are but for the workflow tasks' own, whose number depends on what comes at once. */
  readonly events: number;
  readonly workflowTasks: number;
  /** What Temporal Cloud bills, but for heartbeats and for tries after the first one, whose number is a matter of time. */
  readonly actions: number;
};

/** The events that are actions (docs.temporal.io/cloud/actions), and of how many. */
const ACTIONS = new Map([
  ['WORKFLOW_EXECUTION_STARTED', 1],
  ['UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 1],
  // The start itself is the child's.
  ['START_CHILD_WORKFLOW_EXECUTION_INITIATED', 1],
  ['ACTIVITY_TASK_SCHEDULED', 1],
  ['TIMER_STARTED', 1],
  ['WORKFLOW_EXECUTION_SIGNALED', 1],
  ['SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED', 1],
  ['WORKFLOW_EXECUTION_UPDATE_ACCEPTED', 1],
]);

/** Counts what is in a history. A signal that began its workflow is one action with the start. */
export function costOf(history: readonly RecordedEvent[]): Cost {
  const types = history.map(({ eventType }) => eventType.replace('EVENT_TYPE_', ''));
  const ofTasks = types.filter((type) => type.startsWith('WORKFLOW_TASK_')).length;
  const actions = history
    .filter((event) => !isPatch(event))
    .map(({ eventType }) => ACTIONS.get(eventType.replace('EVENT_TYPE_', '')) ?? 0);
  return {
    events: types.length - ofTasks,
    workflowTasks: ofTasks,
    actions: actions.reduce((sum, each) => sum + each, 0) - startsBySignal(types),
  };
}

/** The search attribute that a `patched` sets is not billed. */
function isPatch({
  upsertWorkflowSearchAttributesEventAttributes: upsert,
}: RecordedEvent): boolean {
  return upsert?.searchAttributes?.indexedFields?.['TemporalChangeVersion'] !== undefined;
}

function startsBySignal(types: readonly string[]): number {
  return types.filter(
    (type, index) =>
      type === 'WORKFLOW_EXECUTION_STARTED' && types[index + 1] === 'WORKFLOW_EXECUTION_SIGNALED',
  ).length;
}
