// What selects pods, and what of theirs is named.

/** Whether the selector selects the Deployment's pods. */
export function matches({ matchLabels = {} }, { spec }) {
  const { labels } = spec.template.metadata;
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

export function* selectsOne(document, targets) {
  if (targets.length === 1) return;
  yield `${nameOf(document)} selects ${targets.length} Deployments, not one`;
}

export function* unknownPorts(document, targets, ports) {
  const containers = targets.map(({ spec }) => spec.template.spec.containers[0]);
  const names = new Set(containers.flatMap((container) => container.ports.map(({ name }) => name)));
  for (const port of ports) {
    if (!names.has(port)) yield `${nameOf(document)} names port ${port}, which no container has`;
  }
}

export function nameOf({ kind, metadata }) {
  return `${kind} ${metadata.name}`;
}

export function find(documents, kind, name) {
  return documents.find((one) => one.kind === kind && one.metadata.name === name);
}
