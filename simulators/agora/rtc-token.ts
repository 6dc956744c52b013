import { createHmac, timingSafeEqual } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { Refusal } from './answers.ts';

const RTC_SERVICE = 1;
const JOIN_CHANNEL = 1;
const PUBLISH_AUDIO_VIDEO_DATA = [2, 3, 4];

/** A token is valid for 24 h at most (Agora "Deploy a token server"). */
const MAX_VALIDITY_SECONDS = 86_400;

type RtcGrant = {
  readonly channel: string;
  /** Empty for a token that any uid may use. */
  readonly uid: string;
  /** Privilege → seconds after the issue, 0 for as long as the token. */
  readonly privileges: ReadonlyMap<number, number>;
};

type AccessToken = {
  readonly appId: string;
  readonly issuedAtSeconds: number;
  readonly validSeconds: number;
  readonly signedWith: (certificate: string) => boolean;
  readonly rtc: RtcGrant | undefined;
};

/** What a token has to be good for; `nowMs` in ms since the epoch. */
type TokenUse = {
  readonly appId: string;
  readonly appCertificate: string;
  readonly channel: string;
  readonly uid: string;
  readonly nowMs: number;
};

/**
 * Refuses a `pubBotToken` that wouldn't let the bot join and publish.
 * Returns when it expires, in ms since the epoch.
 */
export function checkPublisherToken(text: string | undefined, use: TokenUse): number {
  if (!text) throw refused('is missing, though the project has its App Certificate enabled');
  const token = readAccessToken(text);
  if (token.appId !== use.appId) throw refused('was issued for another App ID');
  if (!token.signedWith(use.appCertificate)) {
    throw refused("has a wrong signature: it wasn't made with the project's App Certificate");
  }
  const { rtc } = token;
  if (!rtc) throw refused('grants no RTC service');
  checkGrant(rtc, use);
  if (token.validSeconds > MAX_VALIDITY_SECONDS) {
    throw refused(`is valid for ${token.validSeconds} s, more than ${MAX_VALIDITY_SECONDS} s`);
  }
  const expiresAtMs = expiry(token, rtc);
  if (expiresAtMs <= use.nowMs) {
    throw refused(`expired at ${new Date(expiresAtMs).toISOString()}`);
  }
  return expiresAtMs;
}

function checkGrant(rtc: RtcGrant, use: TokenUse): void {
  if (rtc.channel !== use.channel) {
    throw refused(`is for channel "${rtc.channel}", not "${use.channel}"`);
  }
  if (rtc.uid !== '' && rtc.uid !== use.uid) {
    throw refused(`is for uid "${rtc.uid}", not "${use.uid}"`);
  }
  if (!rtc.privileges.has(JOIN_CHANNEL)) throw refused('lacks the privilege to join the channel');
  if (PUBLISH_AUDIO_VIDEO_DATA.some((privilege) => !rtc.privileges.has(privilege))) {
    throw refused('lacks the publisher role');
  }
}

function expiry(token: AccessToken, rtc: RtcGrant): number {
  const needed = [JOIN_CHANNEL, ...PUBLISH_AUDIO_VIDEO_DATA];
  const ends = needed.map((privilege) => rtc.privileges.get(privilege) || token.validSeconds);
  return (token.issuedAtSeconds + Math.min(token.validSeconds, ...ends)) * 1000;
}

/** AccessToken2: "007", then base64 of deflated: signature, app id, times, salt, services. */
function readAccessToken(text: string): AccessToken {
  try {
    if (!text.startsWith('007')) throw new Error('wrong version');
    const reader = new LittleEndianReader(inflateSync(Buffer.from(text.slice(3), 'base64')));
    const signature = reader.bytes();
    const signed = reader.rest();
    const appId = reader.bytes().toString();
    const issuedAt = reader.raw(4);
    const validSeconds = reader.uint32();
    const salt = reader.raw(4);
    const services = reader.uint16();
    return {
      appId,
      issuedAtSeconds: issuedAt.readUInt32LE(),
      validSeconds,
      signedWith: (certificate) => {
        const expected = hmac(hmac(salt, hmac(issuedAt, certificate)), signed);
        return signature.length === expected.length && timingSafeEqual(signature, expected);
      },
      rtc: services > 0 ? readRtcGrant(reader) : undefined,
    };
  } catch {
    throw refused('is malformed: an AccessToken2 ("007") token is needed');
  }
}

/** Services are packed in the order of their types, and RTC is the lowest: it is first or absent. */
function readRtcGrant(reader: LittleEndianReader): RtcGrant | undefined {
  if (reader.uint16() !== RTC_SERVICE) return undefined;
  const privileges = new Map<number, number>();
  for (let left = reader.uint16(); left > 0; left -= 1) {
    privileges.set(reader.uint16(), reader.uint32());
  }
  return { privileges, channel: reader.bytes().toString(), uid: reader.bytes().toString() };
}

function hmac(key: string | Buffer, message: string | Buffer): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

function refused(fault: string): Refusal {
  return new Refusal(400, 'token', `rtcConfig.pubBotToken ${fault}`);
}

class LittleEndianReader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  raw(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#buffer.length) throw new Error('truncated');
    const bytes = this.#buffer.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }

  uint16(): number {
    return this.raw(2).readUInt16LE();
  }

  uint32(): number {
    return this.raw(4).readUInt32LE();
  }

  bytes(): Buffer {
    return this.raw(this.uint16());
  }

  rest(): Buffer {
    return this.#buffer.subarray(this.#position);
  }
}
