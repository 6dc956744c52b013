// What is wrong with a Deployment, besides what the schemas know.
import { readFileSync } from 'node:fs';
import { inspectConfig } from '../../src/config.ts';
import { environmentOf } from './environment.mjs';
import { find, matches, nameOf, unknownPorts } from './selecting.mjs';

/** How long each may take to end: as in src/http/drain.ts, and as src/worker.ts says. */
const GRACE_SECONDS = { api: 5, worker: workerGraceSeconds() };
/** For what is under way then. */
const RESERVE_SECONDS = 15;

export function* deploymentFaults(deployment, documents) {
  const { variables, faults } = environmentOf(deployment, documents);
  const name = nameOf(deployment);
  for (const fault of faults) yield `${name}: ${fault}`;
  for (const { variable, message } of inspectConfig(variables).faults) {
    yield `${name} would not start: ${variable} ${message}`;
  }
  yield* portFaults(deployment, variables);
  yield* podFaults(deployment.spec.template.spec, deployment, documents);
}

function* portFaults(deployment, variables) {
  const [container] = deployment.spec.template.spec.containers;
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const probes = [startupProbe, readinessProbe, livenessProbe];
  const asked = probes.map((probe) => probe?.httpGet.port);
  yield* unknownPorts(deployment, [deployment], asked);
  const listens = {
    api: variables.DURASCRIBE_PORT,
    worker: variables.DURASCRIBE_METRICS_ADDRESS?.split(':').at(-1),
  }[container.name];
  const [{ containerPort }] = container.ports;
  if (String(containerPort) !== listens) {
    yield `${nameOf(deployment)} listens on ${listens}, its port is ${containerPort}`;
  }
}

function* podFaults(pod, deployment, documents) {
  const name = nameOf(deployment);
  const [container] = pod.containers;
  const waits = container.lifecycle?.preStop.sleep.seconds ?? 0;
  const needs = waits + GRACE_SECONDS[container.name] + RESERVE_SECONDS;
  if (!(pod.terminationGracePeriodSeconds >= needs)) {
    yield `${name} may be killed before it has ended, which may take ${needs} s`;
  }
  for (const { labelSelector } of pod.topologySpreadConstraints) {
    const isOwn = labelSelector.matchLabels && matches(labelSelector, deployment);
    if (!isOwn) yield `${name} spreads others than its own pods`;
  }
  if (!find(documents, 'ServiceAccount', pod.serviceAccountName)) {
    yield `${name} has no ServiceAccount ${pod.serviceAccountName}`;
  }
}

function workerGraceSeconds() {
  const worker = readFileSync('src/worker.ts', 'utf8');
  const seconds = /shutdownGraceTime: '(\d+) seconds'/.exec(worker)?.[1];
  if (!seconds) throw new Error('src/worker.ts no longer tells its shutdownGraceTime as it did');
  return Number(seconds);
}
