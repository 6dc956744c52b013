// The environment of a Deployment's container as Kubernetes makes it, with made-up secrets.
import { readdirSync, readFileSync } from 'node:fs';
import { find } from './selecting.mjs';

const text = (path) => readFileSync(path, 'utf8');
const settings = readdirSync('src/settings').map((name) => `src/settings/${name}`);
const readers = [...settings, 'src/config.ts'].map(text).join('\n');
const envconfig = text('node_modules/@temporalio/envconfig/lib/envconfig-toml.js');
const documented = text('docs/configuration.md');
const deployment = text('docs/deploy.md');

/** Of Node, and of the AWS SDK; OTEL_… has rules of its own. */
const STANDARD = /^(NODE_OPTIONS|AWS_[A-Z0-9_]+|OTEL_[A-Z0-9_]+)$/;

/** The keys of each Secret that the manifests may refer to; a file's keys as in docs/deploy.md. */
const SECRETS = {
  durascribe: exampleKeys(),
  'durascribe-temporal': { TEMPORAL_API_KEY: 'made-up' },
  'durascribe-temporal-tls': {},
};

function exampleKeys() {
  const lines = text('deploy/kubernetes/secrets.env.example').split('\n');
  const names = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('=')[0] ?? '');
  const values = { DURASCRIBE_API_KEYS: 'backend:write:0123456789abcdef0123456789abcdef' };
  return Object.fromEntries(names.map((name) => [name, values[name] ?? '']));
}

/** The variables of the Deployment's container, and what is wrong with where they come from. */
export function environmentOf({ spec }, documents) {
  const faults = [];
  const { containers, volumes } = spec.template.spec;
  const [{ env = [], envFrom = [] }] = containers;
  const variables = {};
  for (const source of envFrom) Object.assign(variables, dataOf(source, documents, faults));
  for (const { name, value } of env) variables[name] = value;
  for (const { secret } of volumes) if (secret) secretOf(secret.secretName, faults);
  const unread = Object.keys(variables).filter((name) => !isRead(name));
  return {
    variables,
    faults: [...faults, ...unread.map((name) => `nothing reads the variable ${name}`)],
  };
}

function dataOf({ configMapRef, secretRef }, documents, faults) {
  if (secretRef) return secretOf(secretRef.name, faults);
  const map = find(documents, 'ConfigMap', configMapRef.name);
  if (!map) faults.push(`there is no ConfigMap ${configMapRef.name}`);
  return map?.data;
}

function secretOf(name, faults) {
  if (!deployment.includes(`\`${name}\``)) faults.push(`docs/deploy.md has no Secret ${name}`);
  for (const key of Object.keys(SECRETS[name] ?? {})) {
    if (!isDocumented(key)) faults.push(`docs/configuration.md has no ${key}`);
  }
  return SECRETS[name];
}

/** Whether docs/configuration.md names the variable, or its end after those of a family (`…_ACCESS_KEY`). */
function isDocumented(name) {
  const parts = name.split('_');
  const ends = parts.map((_, index) => `\`…_${parts.slice(index).join('_')}\``);
  return [`\`${name}\``, ...ends].some((word) => documented.includes(word));
}

/** Whether the product, or a library that it leaves it to, reads the variable. */
function isRead(name) {
  if (STANDARD.test(name)) return true;
  const source = name.startsWith('TEMPORAL_') ? envconfig : readers;
  return new RegExp(`\\b${name}\\b`).test(source);
}
