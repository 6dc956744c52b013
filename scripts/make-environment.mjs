// Writes .env with fresh secrets, as docker-compose.yml needs them: `npm run environment`. Plain JavaScript without
// dependencies, as it is the first that runs, on the machine's own Node. Refuses to overwrite one: there is no other copy
// of what is in it, and what was encrypted with its keys can't be read without them.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const FILE = '.env';

const key = randomBytes(32).toString('hex');
const text = `# Written by npm run environment. Whoever reads this file can do and read everything: keep it, and a copy where it is safe.
# Vendors' variables go below: .env.example lists them.

# Who may call the API (name:key, comma separated), and the key that the command line takes.
DURASCRIBE_API_KEYS=owner:${key}
DURASCRIBE_API_KEY=${key}

# Encrypts what Temporal stores (id:key, comma separated, the current one first). Without its key nothing can be read.
DURASCRIBE_ENCRYPTION_KEYS=${new Date().toISOString().slice(0, 7)}:${randomBytes(32).toString('base64')}

# Signs callbacks: give it to whoever receives them.
DURASCRIBE_WEBHOOK_SECRET=whsec_${randomBytes(32).toString('base64')}

# Proves EventBridge's events of Amazon Transcribe.
DURASCRIBE_TRANSCRIPTION_EVENT_SECRET=${randomBytes(32).toString('hex')}

# Of the database of docker-compose.yml; it is set when the database is made.
POSTGRES_PASSWORD=${randomBytes(32).toString('hex')}
`;

try {
  writeFileSync(FILE, text, { mode: 0o600, flag: 'wx' });
  console.log(`${FILE} has fresh secrets now. Keep a copy of it where it is safe.`);
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
  console.error(`There is a ${FILE} already, and its secrets may be in use: move it away first.`);
  process.exitCode = 1;
}
