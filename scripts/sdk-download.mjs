// Downloads the Temporal CLI into a folder the way the Temporal SDK does it for its test environments.
// Usage: node scripts/sdk-download.mjs <folder> <version>
// The SDK can only download by starting the server, so that is started (on a free port) and stopped.
// A process of its own, because the native call cannot be cancelled: setup.mjs bounds it by killing it.
import { Runtime } from '@temporalio/worker';

const [downloadDir, version] = process.argv.slice(2);
try {
  const server = await Runtime.instance().createEphemeralServer({
    type: 'dev-server',
    exe: {
      type: 'cached-download',
      downloadDir,
      version: `v${version}`,
      ttl: Number.MAX_SAFE_INTEGER,
      sdkName: 'sdk-typescript',
      sdkVersion: '', // Only asked for when the version is left to the SDK.
    },
    namespace: 'default',
    ip: '127.0.0.1',
    port: null,
    uiPort: null,
    dbFilename: null,
    ui: false,
    log: { format: 'pretty', level: 'error' },
    extraArgs: [],
  });
  await Runtime.instance().shutdownEphemeralServer(server);
} catch (error) {
  // The native error is a chain of causes in one line; the last of them is the one that tells.
  console.error(error.message.split(': ').at(-1).replaceAll(')', ''));
  process.exitCode = 1;
}
