// Every simulator, for a product that runs in other containers: `node simulators/serve.ts FOLDER FILE`. FILE has the
// variables by which the product uses them, for node's --env-file, while they serve. In FOLDER is what outlives them: also
// these variables, so that who gets them (by --env-file) when it starts again goes on with the same secrets.
import { rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { simulate, usualPorts } from './local.ts';
import type { Simulated, SimulatedOptions, SimulatorName } from './local.ts';

const NAMES: readonly SimulatorName[] = ['s3', 'agora', 'videosdk', 'transcribe', 'vonage'];

const [folder, file] = process.argv.slice(2);
if (folder === undefined || file === undefined) {
  throw new Error('Name a folder and a file: serve.ts FOLDER FILE');
}
const { SIMULATORS_NAME: name = hostname(), SIMULATORS_API_URL: apiUrl = 'http://api:3000' } =
  process.env;
const options: SimulatedOptions = {
  ports: usualPorts(),
  folder,
  apiUrl,
  hasStorage: true,
  elsewhere: { listen: '0.0.0.0', name, environment: process.env },
};

rmSync(file, { force: true });
const environment: Record<string, string> = { DURASCRIBE_PUBLIC_URL: apiUrl };
const simulated: Simulated[] = [];
for (const each of NAMES) {
  const simulator = await simulate(each, options);
  simulated.push(simulator);
  Object.assign(environment, simulator.environment);
}
refuseOthers();
const lines = Object.entries(environment).map(([key, value]) => `${key}=${quoted(value)}\n`);
for (const each of [join(folder, 'environment'), file]) {
  writeFileSync(each, lines.join(''), { mode: 0o600 });
}
console.log(`Simulated vendors serve as ${name}.`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    rmSync(file, { force: true });
    void Promise.all(simulated.map((each) => each.close()));
  });
}

/** A variable that has another value already would win, and a vendor be half simulated. */
function refuseOthers(): void {
  const others = Object.entries(environment)
    .filter(([key, value]) => process.env[key] !== undefined && process.env[key] !== value)
    .map(([key]) => key);
  if (others.length === 0) return;
  console.error(`Every vendor is simulated here: remove from .env ${others.join(', ')}.`);
  process.exit(1);
}

/** Node takes "\n" in double quotes for a new line. */
function quoted(value: string): string {
  return `"${value.replaceAll('\n', String.raw`\n`)}"`;
}
