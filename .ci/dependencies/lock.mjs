// What is wrong with the lock file and what goes with it, and what would be.

/** What may be shipped under our own licence (MIT): none of them asks for our source. */
const LICENCES = new Set([
  '0BSD',
  'Apache-2.0',
  'Apache-2.0 AND MIT',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  '(MIT OR CC0-1.0)',
  'Unlicense',
]);
/** One by one, because of what they are. */
const LICENCES_OF = {
  // Data about browsers, to be attributed; comes with the SDK's bundler.
  'caniuse-lite': 'CC-BY-4.0',
  // Says so in its LICENSE, not in its package.json: the Unlicense.
  unionfs: undefined,
};

/**
 * @typedef {object} Found
 * @property {Record<string, any>} manifest package.json
 * @property {{ packages: Record<string, any> }} lock package-lock.json
 * @property {string} npmrc
 */

/**
 * @param {Found} found
 * @returns {string[]}
 */
export function lockFaults({ manifest, lock, npmrc }) {
  const packages = Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({ name: path.replace(/^.*node_modules\//, ''), ...entry }));
  return [
    ...packages.flatMap(originFaults),
    ...packages.filter(({ dev }) => !dev).flatMap(licenceFaults),
    ...rangeFaults(manifest),
    ...scriptFaults(packages, manifest.allowScripts ?? {}, npmrc),
    ...versionFaults(packages),
  ];
}

/** Each is what it was when it was locked, from whichever registry it comes. */
function originFaults({ name, integrity, resolved, link }) {
  return [
    ...(integrity?.startsWith('sha512-') ? [] : [`${name} has no SHA-512 in the lock file`]),
    ...(resolved === undefined && !link ? [] : [`${name} comes from ${resolved ?? 'a folder'}`]),
  ];
}

function licenceFaults({ name, license }) {
  const isAllowed = LICENCES.has(license);
  const isKnown = name in LICENCES_OF && LICENCES_OF[name] === license;
  return isAllowed || isKnown ? [] : [`${name} has the licence ${license ?? 'unknown'}`];
}

function rangeFaults({ dependencies, devDependencies, overrides }) {
  const wanted = Object.entries({ ...dependencies, ...devDependencies, ...overrides });
  return wanted
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} is ${version}, not one version`);
}

function scriptFaults(packages, allowScripts, npmrc) {
  const names = new Set(packages.filter((one) => one.hasInstallScript).map(({ name }) => name));
  const missing = [...names].filter((name) => !(name in allowScripts));
  const stale = Object.keys(allowScripts).filter((name) => !names.has(name));
  const isStrict = /^strict-allow-scripts=true$/m.test(npmrc);
  return [
    ...missing.map((name) => `${name} has an install script that nobody has judged (allowScripts)`),
    ...stale.map((name) => `${name} in allowScripts has no install script`),
    ...(isStrict ? [] : ['.npmrc does not make npm refuse the scripts that nobody has approved']),
  ];
}

function versionFaults(packages) {
  const ofTemporal = packages.filter(({ name }) => SDK.test(name));
  const versions = new Set(ofTemporal.map(({ version }) => version));
  return versions.size === 1 ? [] : [`Temporal's SDK has the versions ${[...versions].join(', ')}`];
}

/** What has to be of one version; its plugins follow later. */
const SDK = /^@temporalio\/(activity|client|common|core-bridge|envconfig|proto|worker|workflow)$/;

/** @type {{ what: string, change: (found: Found) => void, fault: RegExp }[]} */
export const BROKEN_LOCKS = [
  {
    what: 'a package without a hash',
    change: ({ lock }) => delete lock.packages['node_modules/zod'].integrity,
    fault: /^zod has no SHA-512/,
  },
  {
    what: 'a package from elsewhere',
    change: ({ lock }) =>
      (lock.packages['node_modules/zod'].resolved = 'git+ssh://example.com/zod'),
    fault: /^zod comes from git/,
  },
  {
    what: 'a licence that asks for our source',
    change: ({ lock }) => (lock.packages['node_modules/zod'].license = 'AGPL-3.0-only'),
    fault: /^zod has the licence AGPL/,
  },
  {
    what: 'a licence that is not told',
    change: ({ lock }) => delete lock.packages['node_modules/zod'].license,
    fault: /^zod has the licence unknown/,
  },
  {
    what: 'a range of versions',
    change: ({ manifest }) => (manifest.dependencies.zod = '^4.0.0'),
    fault: /^zod is \^4/,
  },
  {
    what: 'a new install script',
    change: ({ lock }) => (lock.packages['node_modules/zod'].hasInstallScript = true),
    fault: /^zod has an install script/,
  },
  {
    what: 'scripts that are run unasked',
    change: (found) => (found.npmrc = found.npmrc.replace(/^strict.*\n/m, '')),
    fault: /^\.npmrc/,
  },
  {
    what: "two versions of Temporal's SDK",
    change: ({ lock }) => (lock.packages['node_modules/@temporalio/worker'].version = '1.25.0'),
    fault: /^Temporal's SDK has the versions/,
  },
];
