import { createAgoraSimulator } from '../simulators/agora/simulator.ts';
import { SIMULATED_AGORA, SIMULATED_S3 } from '../simulators/credentials.ts';
import { createS3Simulator } from '../simulators/s3/simulator.ts';
import { createTranscribeSimulator } from '../simulators/transcribe/simulator.ts';
import { synthesised } from '../simulators/vonage/recordings/audio.ts';
import { BUCKETS, EVENT_SECRET, HOST, JOB_MS, readPorts, RECORDING } from './vendors.ts';

/** The vendors, in a process of their own, so that what they take is nobody else's. */
const { agora, s3, transcribe, api } = readPorts(process.argv[2]);

const storage = createS3Simulator({
  ...SIMULATED_S3,
  folder: null,
  buckets: Object.values(BUCKETS),
});
const file = synthesised({
  format: 'mp3',
  channels: 2,
  durationSeconds: 5,
  sizeBytes: undefined,
  wavHeader: 'plain',
});
const bytes = Buffer.concat([...file.pieces(0, file.size)]);
await storage.put(RECORDING.bucket, RECORDING.key, bytes, 'audio/mpeg');
await storage.app.listen({ host: HOST, port: s3 });

const jobs = createTranscribeSimulator({
  ...SIMULATED_S3,
  s3Endpoint: `http://${HOST}:${s3}`,
  events: { url: `http://${HOST}:${api}/webhooks/transcription`, secret: EVENT_SECRET },
  jobMs: JOB_MS,
});
await jobs.app.listen({ host: HOST, port: transcribe });

const rooms = createAgoraSimulator(SIMULATED_AGORA);
const arrivals = new WeakMap<object, number>();
let updates: [task: string, arrivedAtMs: number, answeredAtMs: number][] = [];
rooms.app.addHook('onRequest', async (request) => void arrivals.set(request, Date.now()));
rooms.app.addHook('onSend', async (request) => {
  const [, task] = /agents\/([^/]+)\/update/.exec(request.url) ?? [];
  if (task !== undefined) updates.push([task, arrivals.get(request) ?? 0, Date.now()]);
});
// The ledger keeps the newest calls only: these are all since the last look.
rooms.app.get('/bench/updates', async () => {
  const seen = updates;
  updates = [];
  return seen;
});
await rooms.app.listen({ host: HOST, port: agora });
