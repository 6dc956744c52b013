// Holds what manifests refer to against what is there: `references.mjs <KEDA's scaler> <file>...` prints a line of
// JSON for each fault. Runs on Node 24, for it asks the product's own code.
import { readFileSync } from 'node:fs';
import { deploymentFaults } from './deployments.mjs';
import { scalerFields, scalingFaults } from './scaling.mjs';
import { matches, nameOf, selectsOne, unknownPorts } from './selecting.mjs';

const [scaler, ...files] = process.argv.slice(2);
const fields = scalerFields(scaler);
const alerts = readFileSync('deploy/prometheus/alerts.yaml', 'utf8');

for (const path of files) {
  const file = path.replace(/\.json$/, '');
  const documents = JSON.parse(readFileSync(path, 'utf8'));
  for (const fault of faultsIn(documents)) console.log(JSON.stringify({ file, fault }));
}

function* faultsIn(documents) {
  const of = (kind) => documents.filter((document) => document.kind === kind);
  for (const deployment of of('Deployment')) yield* deploymentFaults(deployment, documents);
  for (const scaled of of('ScaledObject')) yield* scalingFaults(scaled, documents, fields);
  yield* selectorFaults(of);
}

function* selectorFaults(of) {
  const deployments = of('Deployment');
  const selected = (selector) => deployments.filter((one) => matches(selector, one));
  for (const budget of of('PodDisruptionBudget')) {
    yield* selectsOne(budget, selected(budget.spec.selector));
  }
  for (const policy of of('NetworkPolicy').filter(({ spec }) => spec.ingress)) {
    const opened = policy.spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port));
    yield* unknownPorts(policy, selected(policy.spec.podSelector), opened);
    // That of the workers is for each build of them.
    const components = selected(policy.spec.podSelector).map(componentOf);
    if (new Set(components).size !== 1) yield `${nameOf(policy)} opens ${components.join(' and ')}`;
  }
  for (const service of of('Service')) {
    const targets = selected({ matchLabels: service.spec.selector });
    const ports = service.spec.ports.map(({ targetPort }) => targetPort);
    yield* selectsOne(service, targets);
    yield* unknownPorts(service, targets, ports);
  }
  for (const monitor of of('PodMonitor')) {
    const targets = selected(monitor.spec.selector);
    const ports = monitor.spec.podMetricsEndpoints.map(({ port }) => port);
    if (targets.length === 0) yield `${nameOf(monitor)} selects nothing`;
    yield* unknownPorts(monitor, targets, ports);
    yield* jobFaults(monitor);
  }
}

/** The alerts and the dashboard know the processes by their jobs. */
function* jobFaults(monitor) {
  for (const { relabelings = [] } of monitor.spec.podMetricsEndpoints) {
    const job = relabelings.find(({ targetLabel }) => targetLabel === 'job')?.replacement;
    if (!alerts.includes(`job="${job}"`)) yield `${nameOf(monitor)}: no alert knows the job ${job}`;
  }
}

function componentOf({ spec }) {
  return spec.template.metadata.labels['app.kubernetes.io/component'];
}
