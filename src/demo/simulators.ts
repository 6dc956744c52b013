import { z } from 'zod';
import { readReply, request } from './requests.ts';

const violations = z.array(z.object({ rule: z.string(), detail: z.string() }));
const endedAt = z.string().nullable();

const agoraLedger = z.object({
  calls: z.array(
    z.object({
      at: z.string(),
      operation: z.string(),
      status: z.number().nullable(),
      query: z.record(z.string(), z.unknown()),
    }),
  ),
  tasks: z.array(z.object({ agentId: z.string(), status: z.string(), endedAt })),
  violations,
});
export type AgoraLedger = z.infer<typeof agoraLedger>;

const videosdkLedger = z.object({
  tasks: z.array(z.object({ id: z.string(), endedAt })),
  webhooks: z.array(z.object({ webhookType: z.string(), fault: z.string().optional() })),
  violations,
});

const transcribeLedger = z.object({
  jobs: z.array(z.object({ name: z.string(), endedAt })),
  deliveries: z.array(z.object({ jobName: z.string(), fault: z.string().optional() })),
  violations,
});

const vonageLedger = z.object({ calls: z.array(z.object({ endedAt })), violations });

/** The addresses of the simulators. */
export type SimulatorUrls = Readonly<
  Record<'agora' | 'videosdk' | 'transcribe' | 'vonage', string>
>;

/** The vendors, as only a demo can see them: what they have noted, and what can go wrong with them. */
export type Simulators = {
  /** Of one channel, or of all. */
  agora(channel?: string): Promise<AgoraLedger>;
  videosdk(): Promise<z.infer<typeof videosdkLedger>>;
  transcribe(): Promise<z.infer<typeof transcribeLedger>>;
  vonage(): Promise<z.infer<typeof vonageLedger>>;
  inject(simulator: keyof SimulatorUrls, fault: object): Promise<void>;
  /** The last participant leaves a room of VideoSDK's. */
  closeRoom(roomId: string): Promise<void>;
};

export function simulatorsAt(urls: SimulatorUrls, signal: AbortSignal): Simulators {
  const read = async <T>(schema: z.ZodType<T>, url: string): Promise<T> =>
    readReply(schema, url, await request(url, signal));
  const tell = async (url: string, body: object): Promise<void> => {
    readReply(z.unknown(), url, await request(url, signal, { method: 'POST', body }));
  };
  return {
    agora: (channel) => {
      const about = channel === undefined ? '' : `?channel=${encodeURIComponent(channel)}`;
      return read(agoraLedger, `${urls.agora}/ledger${about}`);
    },
    videosdk: () => read(videosdkLedger, `${urls.videosdk}/ledger`),
    transcribe: () => read(transcribeLedger, `${urls.transcribe}/ledger`),
    vonage: () => read(vonageLedger, `${urls.vonage}/ledger`),
    inject: (simulator, fault) => tell(`${urls[simulator]}/faults`, fault),
    closeRoom: (roomId) => tell(`${urls.videosdk}/rooms/${roomId}/close`, {}),
  };
}
