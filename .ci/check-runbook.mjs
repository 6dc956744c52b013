// Compares the alerts with the sections of the runbook: each has one, at the address that it names, and there is none too many.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const read = (/** @type {string} */ file) =>
  readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');

const alerts = [...read('deploy/prometheus/alerts.yaml').matchAll(/^ *- alert: (\w+)$/gm)];
const addresses = [
  ...read('deploy/prometheus/alerts.yaml').matchAll(/runbook_url: docs\/operate\.md#([a-z-]+)$/gm),
].map(([, address]) => address);
const runbook = read('docs/operate.md').split('\n## The runbook\n')[1] ?? '';
const sections = runbook.split('\n### ').slice(1);
const titles = sections.map((section) => section.split('\n')[0] ?? '');
const anchors = titles.map((title) => title.toLowerCase().replaceAll(' ', '-'));

const faults = [
  ...(alerts.length === 0 ? ['there are no alerts'] : []),
  ...(alerts.length === addresses.length ? [] : ['an alert has no runbook_url']),
  ...addresses.filter((one) => !anchors.includes(one ?? '')).map((one) => `no section: #${one}`),
  ...anchors.filter((one) => !addresses.includes(one)).map((one) => `no alert: #${one}`),
  ...sections
    .filter((section) => !/\*\*Means:.*\*\*See:.*\*\*Do:.*\*\*Over:/s.test(section))
    .map((section) => `incomplete: ${section.split('\n')[0]}`),
];
for (const fault of faults) console.error(fault);
if (faults.length === 0)
  console.log(`Each of ${alerts.length} alerts has its section in the runbook.`);
process.exitCode = faults.length === 0 ? 0 : 1;
