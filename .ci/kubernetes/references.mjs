// Holds what manifests refer to against what is there: `references.mjs <KEDA's scaler> <file>...` prints a line of
// JSON for each fault. Runs on Node 24, for it asks the product's own code.
import { readFileSync } from 'node:fs';
import { inspectConfig } from '../../src/config.ts';
import {
  CALLBACK_QUEUE,
  providerTaskQueue,
  RECORDING_QUEUES,
} from '../../src/workflows/messages.ts';
import { environmentOf } from './environment.mjs';

/** Kept from starting for 5 s at most, the API then needs a few for what is under way. */
const API_DRAINS_SECONDS = 5;
const WORKER_GRACE_SECONDS = Number(
  /shutdownGraceTime: '(\d+) seconds'/.exec(text('src/worker.ts'))?.[1],
);
const RESERVE_SECONDS = 15;

const [scaler, ...files] = process.argv.slice(2);
const scalerFields = [...text(scaler).matchAll(/`keda:"name=(\w+),\s*order=([\w;]+)([^`]*)`/g)];
if (scalerFields.length < 10) throw new Error(`${scaler} no longer names its fields as it did`);

for (const path of files) {
  const file = path.replace(/\.json$/, '');
  for (const fault of faultsIn(JSON.parse(text(path))))
    console.log(JSON.stringify({ file, fault }));
}

function* faultsIn(documents) {
  const of = (kind) => documents.filter((document) => document.kind === kind);
  const deployments = of('Deployment');
  const selected = (selector) => deployments.filter((one) => matches(selector, one));
  for (const deployment of deployments) yield* deploymentFaults(deployment, documents);
  for (const budget of of('PodDisruptionBudget')) {
    yield* selectsOne(budget, selected(budget.spec.selector));
  }
  for (const policy of of('NetworkPolicy')) {
    if (!policy.spec.ingress) continue;
    const targets = selected(policy.spec.podSelector);
    yield* selectsOne(policy, targets);
    const ports = policy.spec.ingress.flatMap((rule) => rule.ports ?? []);
    yield* unknownPorts(
      policy,
      targets,
      ports.map(({ port }) => port),
    );
  }
  for (const service of of('Service')) {
    const targets = selected({ matchLabels: service.spec.selector });
    yield* selectsOne(service, targets);
    yield* unknownPorts(
      service,
      targets,
      service.spec.ports.map(({ targetPort }) => targetPort),
    );
  }
  for (const monitor of of('PodMonitor')) {
    const targets = selected(monitor.spec.selector);
    if (targets.length === 0) yield `${nameOf(monitor)} selects nothing`;
    yield* unknownPorts(
      monitor,
      targets,
      monitor.spec.podMetricsEndpoints.map(({ port }) => port),
    );
  }
  for (const scaled of of('ScaledObject')) yield* scalingFaults(scaled, documents);
}

function* selectsOne(document, targets) {
  if (targets.length === 1) return;
  yield `${nameOf(document)} selects ${targets.length} Deployments, not one`;
}

function* unknownPorts(document, targets, ports) {
  const names = targets.flatMap(({ spec }) =>
    spec.template.spec.containers[0].ports.map(({ name }) => name),
  );
  for (const port of ports) {
    if (!names.includes(port))
      yield `${nameOf(document)} names port ${port}, which no container has`;
  }
}

function* deploymentFaults(deployment, documents) {
  const { spec } = deployment.spec.template;
  const [container] = spec.containers;
  const { variables, faults } = environmentOf(deployment, documents);
  for (const fault of faults) yield `${nameOf(deployment)}: ${fault}`;
  for (const { variable, message } of inspectConfig(variables).faults) {
    yield `${nameOf(deployment)} would not start: ${variable} ${message}`;
  }
  for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    yield* unknownPorts(deployment, [deployment], [container[kind]?.httpGet.port]);
  }
  const listens =
    container.name === 'api'
      ? variables.DURASCRIBE_PORT
      : variables.DURASCRIBE_METRICS_ADDRESS?.split(':').at(-1);
  if (String(container.ports[0].containerPort) !== listens) {
    yield `${nameOf(deployment)} listens on ${listens}, its port is ${container.ports[0].containerPort}`;
  }
  const stop = container.lifecycle?.preStop.sleep.seconds ?? 0;
  const grace = container.name === 'api' ? API_DRAINS_SECONDS : WORKER_GRACE_SECONDS;
  if (!(spec.terminationGracePeriodSeconds >= stop + grace + RESERVE_SECONDS)) {
    yield `${nameOf(deployment)} may be killed before it has ended`;
  }
  for (const { labelSelector } of spec.topologySpreadConstraints) {
    if (!matches(labelSelector, deployment))
      yield `${nameOf(deployment)} spreads others than its own pods`;
    if (!labelSelector.matchLabels) yield `${nameOf(deployment)} spreads every pod`;
  }
  const accounts = documents.filter(({ kind }) => kind === 'ServiceAccount');
  if (!accounts.some(({ metadata }) => metadata.name === spec.serviceAccountName)) {
    yield `${nameOf(deployment)} has no ServiceAccount ${spec.serviceAccountName}`;
  }
}

function* scalingFaults(scaled, documents) {
  const { scaleTargetRef, triggers } = scaled.spec;
  const isNamed = (kind, name) => (one) => one.kind === kind && one.metadata.name === name;
  const target = documents.find(isNamed('Deployment', scaleTargetRef.name));
  if (!target) return yield `${nameOf(scaled)} scales ${scaleTargetRef.name}, which is not there`;
  if (target.spec.replicas !== undefined)
    yield `${nameOf(target)} has replicas beside ${nameOf(scaled)}`;
  const { variables } = environmentOf(target, documents);
  const queue = variables.DURASCRIBE_TASK_QUEUE;
  const queues = [CALLBACK_QUEUE, ...Object.values(RECORDING_QUEUES)];
  const known = [queue, ...queues.map((each) => providerTaskQueue(queue, each))];
  for (const { type, name, metadata, authenticationRef } of triggers) {
    const where = `${nameOf(scaled)}, trigger ${name ?? type}`;
    if (
      authenticationRef &&
      !documents.some(isNamed('TriggerAuthentication', authenticationRef.name))
    ) {
      yield `${where}: there is no TriggerAuthentication ${authenticationRef.name}`;
    }
    if (type !== 'temporal') continue;
    if (!known.includes(metadata.taskQueue))
      yield `${where}: no worker has the queue ${metadata.taskQueue}`;
    for (const [field, value] of Object.entries(metadata)) {
      const isFromEnv = field.endsWith('FromEnv');
      const plain = field.replace(/FromEnv$/, '');
      const takes = scalerFields.find(([, fieldName]) => fieldName === plain);
      if (!takes || takes[3].includes('deprecated')) yield `${where}: KEDA takes no ${field}`;
      else if (isFromEnv && !takes[2].includes('resolvedEnv'))
        yield `${where}: KEDA takes no ${field}`;
      if (isFromEnv && !variables[value]) yield `${where}: the worker has no ${value}`;
    }
  }
}

/** Whether the selector selects the Deployment's pods. */
function matches({ matchLabels = {} }, { spec }) {
  const { labels } = spec.template.metadata;
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

function nameOf({ kind, metadata }) {
  return `${kind} ${metadata.name}`;
}

/** @param {string} path */
function text(path) {
  return readFileSync(path, 'utf8');
}
