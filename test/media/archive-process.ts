import { z } from 'zod';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { archive } from '../../src/media/archive.ts';
import { openUrl } from '../../src/media/open-url.ts';
import { objectStore } from '../../src/storage/object-store.ts';

// Archives one recording, as a worker would that may be killed or whose memory is to be known.

const Job = z.object({
  url: z.string(),
  token: z.string(),
  channels: z.number(),
  s3Url: z.string(),
  bucket: z.string(),
  prefix: z.string(),
});

const { url, token, channels, s3Url, bucket, prefix } = Job.parse(
  JSON.parse(process.argv[2] ?? ''),
);
const { accessKeyId, secretAccessKey, region } = SIMULATED_S3;
const credentials = { accessKeyId, secretAccessKey };
const store = objectStore({ bucket, region, forcePathStyle: true, endpoint: s3Url, credentials });
const { signal } = new AbortController();
const hosts = { anyPublic: false, listed: [new URL(url).origin] };
const headers = () => Promise.resolve({ authorization: `Bearer ${token}` });
const open = () => openUrl(url, { hosts, headers, vendor: 'Vonage', signal });
const recording = { open, announcedBytes: null, channels, maxBytes: 2_000_000_000 };
const { bytes } = await archive(recording, { store, prefix }, () => {}, signal);
const peakBytes = process.resourceUsage().maxRSS * 1_024;
process.stdout.write(JSON.stringify({ bytes, peakBytes }));
