// What is wrong with a ScaledObject, besides what KEDA's schema knows: to that, a trigger's metadata are any words.
import { readFileSync } from 'node:fs';
import {
  CALLBACK_QUEUE,
  providerTaskQueue,
  RECORDING_QUEUES,
} from '../../src/workflows/messages.ts';
import { environmentOf } from './environment.mjs';
import { find, nameOf } from './selecting.mjs';

/**
 * The fields that KEDA's scaler takes, by the tags in its source: whether each may come from the environment.
 * @param {string} file
 */
export function scalerFields(file) {
  const tags = readFileSync(file, 'utf8').matchAll(/`keda:"name=(\w+),\s*order=([\w;]+)([^`]*)`/g);
  const taken = [...tags].filter(([, , , rest]) => !rest.includes('deprecated'));
  if (taken.length < 10) throw new Error(`${file} no longer names its fields as it did`);
  return new Map(taken.map(([, name, order]) => [name, order.includes('resolvedEnv')]));
}

export function* scalingFaults(scaled, documents, fields) {
  const { scaleTargetRef, triggers } = scaled.spec;
  const name = nameOf(scaled);
  const target = find(documents, 'Deployment', scaleTargetRef.name);
  if (!target) {
    yield `${name} scales ${scaleTargetRef.name}, which is not there`;
    return;
  }
  if (target.spec.replicas !== undefined) yield `${nameOf(target)} has replicas beside ${name}`;
  const { variables } = environmentOf(target, documents);
  for (const trigger of triggers) {
    const faults = [
      ...authenticationFaults(trigger, documents),
      ...(trigger.type === 'temporal' ? temporalFaults(trigger.metadata, variables, fields) : []),
    ];
    for (const fault of faults) yield `${name}, trigger ${trigger.name ?? trigger.type}: ${fault}`;
  }
}

function* authenticationFaults({ authenticationRef }, documents) {
  if (!authenticationRef || find(documents, 'TriggerAuthentication', authenticationRef.name))
    return;
  yield `there is no TriggerAuthentication ${authenticationRef.name}`;
}

function* temporalFaults(metadata, variables, fields) {
  const { DURASCRIBE_TASK_QUEUE: queue } = variables;
  const beside = [CALLBACK_QUEUE, ...Object.values(RECORDING_QUEUES)];
  const queues = [queue, ...beside.map((each) => providerTaskQueue(queue, each))];
  if (!queues.includes(metadata.taskQueue)) yield `no worker has the queue ${metadata.taskQueue}`;
  for (const [field, value] of Object.entries(metadata)) {
    if (fields.has(field)) continue;
    // The value is the name of a variable of the worker's then.
    if (!fields.get(field.replace(/FromEnv$/, ''))) yield `KEDA takes no ${field}`;
    else if (!variables[value]) yield `the worker has no ${value}`;
  }
}
